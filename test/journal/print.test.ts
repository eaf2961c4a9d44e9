import { expect, test } from 'vitest';
import { type JournalDraft, printTrace, type TraceNode } from '../../src/journal/index.js';
import { draft } from './drafts.js';

const AT = Date.UTC(2026, 10, 21, 2, 14, 7, 5);

function node(id: string, some: Partial<JournalDraft>, children: TraceNode[] = []): TraceNode {
  return { entry: { ...draft('d', some), at: AT, id }, children };
}

const tree = node(
  '9-0',
  {
    link: 'vdv463:BMS-1',
    protocol: 'vdv463',
    direction: 'out',
    action: 'ProvideChargingInformation',
    messageId: 'm-7',
    rules: ['vdv463/info.status', 'vdv463/info.soc'],
    raw: '{"a":1}',
  },
  [
    node(
      '5-0',
      { link: 'bridge', protocol: 'bridge', direction: 'internal', action: 'PointStatus', raw: '{}' },
      [node('3-0', { raw: `[2,"1",${'x'.repeat(100)}]` })],
    ),
    {
      ...node('4-1', {
        link: 'ocpi:emsp',
        protocol: 'ocpi',
        action: 'PUT',
        http: { method: 'PUT', path: '/x', status: 400 },
        error: 'OCPI_UNKNOWN_TOKEN',
        raw: 'a\u001b[31m\nb\u202e\ud800',
      }),
      cut: 'depth',
    },
  ],
);

test('a trace prints one line per entry', () => {
  const time = '2026-11-21 02:14:07.005Z';
  expect(printTrace(tree, { rawLength: 8 }).split('\n')).toEqual([
    `9-0  ${time}  ←  vdv463:BMS-1  vdv463  ProvideChargingInformation  m-7  [vdv463/info.status, vdv463/info.soc]  {"a":1}`,
    `├─ 5-0  ${time}  ·  bridge  bridge  PointStatus  {}`,
    `│  └─ 3-0  ${time}  →  ocpp:CP-N1  ocpp1.6  Heartbeat  [2,"1",x… (108 characters)`,
    `└─ 4-1  ${time}  →  ocpi:emsp  ocpi  PUT  PUT /x 400  !OCPI_UNKNOWN_TOKEN  a\\u001b[31m\\u000ab… (10 characters)  (goes deeper)`,
  ]);
});

test('in full, the raw text stands below its entry and steers no terminal', () => {
  const text = printTrace(tree, { full: true });
  expect(text).toContain(`│  └─ 3-0`);
  expect(text).toContain(`│       [2,"1",${'x'.repeat(100)}]`);
  expect(text).toContain('\n     a\\u001b[31m\n     b\\u202e\\ud800');
  expect(text).not.toMatch(/[^\P{C}\n]/u);
});
