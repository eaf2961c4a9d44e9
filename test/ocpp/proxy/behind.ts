/** A bridge in front of a CSMS: both real, on free ports, ended with the test. */
import { onTestFinished } from 'vitest';
import { type CsmsOptions, CsmsSimulator } from '../../../src/sim/csms/index.js';
import { exampleConfig, OcppHarness } from '../harness.js';

export interface Behind {
  readonly csms: CsmsSimulator;
  readonly bridge: OcppHarness;
}

export interface BehindOptions {
  readonly csms?: CsmsOptions;
  /** Lines of the configuration's `ocpp` part, beside attach and csms. */
  readonly ocpp?: string;
  /** Lines of `ocpp.csms`, beside its url. */
  readonly behind?: string;
  readonly edit?: (text: string) => string;
}

/** The passwords of the example, without which the bridge leaves logins to the CSMS. */
export function withoutPasswords(text: string): string {
  return text.replaceAll(/, password: cp-n\d-secret-\d{4}/g, '');
}

export async function behind({ csms: options = {}, ...rest }: BehindOptions = {}): Promise<Behind> {
  const csms = new CsmsSimulator(options);
  await csms.start();
  const edit = (text: string) => `${(rest.edit ?? ((same) => same))(text)}\n${ocppPart(csms.url, rest)}`;
  const bridge = await OcppHarness.start({ config: exampleConfig(edit) });
  onTestFinished(async () => {
    await bridge.remove();
    await csms.stop();
  });
  return { csms, bridge };
}

function ocppPart(url: string, { ocpp = '', behind: lines = '' }: BehindOptions): string {
  const indented = (text: string, by: string) => text.replaceAll(/^(?=.)/gm, by);
  return `ocpp:\n  attach: proxy\n${indented(ocpp, '  ')}\n  csms:\n    url: ${url}\n${indented(lines, '    ')}\n`;
}
