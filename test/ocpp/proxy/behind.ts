/** A bridge in front of a CSMS: both real, on free ports, ended with the test. */
import { onTestFinished } from 'vitest';
import type { OcppOptions } from '../../../src/ocpp/index.js';
import { type CsmsOptions, CsmsSimulator } from '../../../src/sim/csms/index.js';
import { exampleConfig, OcppHarness } from '../harness.js';
import { RawCsms, type RawCsmsOptions } from './raw-csms.js';

export interface Behind {
  readonly csms: CsmsSimulator;
  readonly bridge: OcppHarness;
}

export interface BridgeSetup {
  /** Lines of the configuration's `ocpp` part, beside attach and csms. */
  readonly ocpp?: string;
  /** Lines of `ocpp.csms`, beside its url. */
  readonly behind?: string;
  readonly edit?: (text: string) => string;
  readonly options?: OcppOptions;
  /** URL of the store; a folder if left out. */
  readonly redis?: string;
}

export interface BehindOptions extends BridgeSetup {
  readonly csms?: CsmsOptions;
}

/** The passwords of the example, without which the bridge leaves logins to the CSMS. */
export function withoutPasswords(text: string): string {
  return text.replaceAll(/, password: cp-n\d-secret-\d{4}/g, '');
}

export async function behind({ csms: options = {}, ...rest }: BehindOptions = {}): Promise<Behind> {
  const csms = new CsmsSimulator(options);
  await csms.start();
  onTestFinished(() => csms.stop());
  return { csms, bridge: await inFrontOf(csms.url, rest) };
}

/** The same with a CSMS that is nothing but a WebSocket. */
export async function rawBehind({
  csms: options = {},
  ...rest
}: BridgeSetup & { readonly csms?: RawCsmsOptions } = {}): Promise<{ csms: RawCsms; bridge: OcppHarness }> {
  const csms = await RawCsms.start(options);
  return { csms, bridge: await inFrontOf(csms.url, rest) };
}

export async function inFrontOf(url: string, setup: BridgeSetup = {}): Promise<OcppHarness> {
  const edit = (text: string) => `${(setup.edit ?? ((same) => same))(text)}\n${ocppPart(url, setup)}`;
  const bridge = await OcppHarness.start({
    config: exampleConfig(edit),
    ...(setup.options ? { options: setup.options } : {}),
    ...(setup.redis === undefined ? {} : { redis: setup.redis }),
  });
  onTestFinished(() => bridge.remove());
  return bridge;
}

function ocppPart(url: string, { ocpp = '', behind: lines = '' }: BridgeSetup): string {
  const indented = (text: string, by: string) => text.replaceAll(/^(?=.)/gm, by);
  return `ocpp:\n  attach: proxy\n${indented(ocpp, '  ')}\n  csms:\n    url: ${url}\n${indented(lines, '    ')}\n`;
}
