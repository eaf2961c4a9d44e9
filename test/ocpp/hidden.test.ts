/** What the journal keeps of a frame that tells a password. */
import { describe, expect, it } from 'vitest';
import { withoutPasswordsInFrame } from '../../src/ocpp/hidden.js';

const RULES = ['bridge/password-hidden'];

describe('a frame for the journal', () => {
  it.each([
    ['ChangeConfiguration', '[2, "1","ChangeConfiguration",{"key":"AuthorizationKeyX","value":"16.0"} ]'],
    ['GetConfiguration', '[2,"1","GetConfiguration",{"key":["AuthorizationKey"]}]'],
    ['MeterValues', '[2,"1","MeterValues",{"AuthorizationKey":1.0}]'],
    ['SetVariables', '[2,"1","SetVariables",{"setVariableData":"BasicAuthPassword"}]'],
  ])('stays as it was, to the letter, if it tells none: %s', (action, raw) => {
    expect(withoutPasswordsInFrame(action, raw)).toEqual({ raw });
  });

  it('loses the password that a network profile of 2.1 brings', () => {
    const frame = (basicAuthPassword: string) =>
      JSON.stringify([2, '1', 'SetNetworkProfile', { connectionData: { basicAuthPassword, mtu: 5 } }]);
    const hidden = withoutPasswordsInFrame('SetNetworkProfile', frame('a-secret-of-16-b'));
    expect(hidden).toEqual({ raw: frame('(hidden)'), rules: RULES });
  });

  it.each([
    [
      'an error that repeats it',
      '[4,"1","FormationViolation","value: my-secret-1 is odd",{"v":["my-secret-1"]}]',
    ],
    ['what is no frame at all', 'my-secret-1]]'],
  ])('loses a password that comes back: %s', (_, raw) => {
    const told = withoutPasswordsInFrame('ChangeConfiguration', raw, ['my-secret-1']);
    expect(told).toEqual({ raw: raw.replaceAll('my-secret-1', '(hidden)'), rules: RULES });
  });

  it('keeps its other words where the password is one of them', () => {
    const data = (attributeValue: string, name: string) => ({
      component: { name: 'SecurityCtrlr' },
      variable: { name },
      attributeValue,
    });
    const frame = (password: string) =>
      JSON.stringify([
        2,
        '7',
        'SetVariables',
        { setVariableData: [data(password, 'BasicAuthPassword'), data('7', 'Other')] },
      ]);
    expect(withoutPasswordsInFrame('SetVariables', frame('7')).raw).toBe(frame('(hidden)'));
  });
});

it('is hidden in an answer of which nobody knows what it answers', () => {
  const frames = [
    '[3,"1",{"configurationKey":[{"key":"AuthorizationKey","readonly":false,"value":"not-to-be-seen"}]}]',
    '[3,"2",{"getVariableResult":[{"attributeValue":"not-to-be-seen","variable":{"name":"BasicAuthPassword"}}]}]',
  ];
  for (const frame of frames)
    expect(withoutPasswordsInFrame('Unasked', frame).raw).not.toContain('not-to-be-seen');
});
