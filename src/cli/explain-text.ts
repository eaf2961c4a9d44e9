/** An explanation for a terminal: the sentence first, what stands behind it below. */
import type { Evidence, Explanation, Finding, Receipt, RuleFact } from '../explain/index.js';

export function explainText({ subject, at, viewer, findings, notes }: Explanation): string {
  const eyes = viewer ? `, as ${viewer} sees it` : '';
  const shared = sharedReceipt(findings);
  return [
    `${subject} at ${at}${eyes}`,
    ...findings.flatMap((finding) => ['', ...findingLines(finding, shared)]),
    ...(shared ? ['', `told: ${receiptText(shared, 'all of this, in ')}`] : []),
    '',
    ...notes.map((note) => `! ${note}`),
  ].join('\n');
}

function findingLines(
  { field, sentence, evidence, rules, told, value }: Finding,
  shared: Receipt | undefined,
): string[] {
  const isShared = told !== undefined && told.id === shared?.id && told.value === value;
  return [
    `${field}: ${sentence}`,
    ...evidence.map((each) => `    frame  ${evidenceText(each)}`),
    ...rules.flatMap(ruleLines),
    ...(told && !isShared ? [`    told   ${receiptText(told, whatOf(told, value))}`] : []),
  ];
}

function whatOf({ value }: Receipt, explained: Finding['value']): string {
  if (value !== undefined) return `${String(value)}, in `;
  return explained === undefined ? '' : 'without it, in ';
}

/** One message told most of it: that is said once. */
function sharedReceipt(findings: readonly Finding[]): Receipt | undefined {
  const told = findings.flatMap((finding) =>
    finding.told && finding.told.value === finding.value ? [finding.told] : [],
  );
  return told.find(({ id }) => told.filter((each) => each.id === id).length > 1);
}

function evidenceText({ id, at, link, action, excerpt }: Evidence): string {
  if (excerpt === undefined) return `${id}  (expired from the journal)`;
  return `${id}  ${at}  ${link}  ${action}  ${excerpt}`;
}

function ruleLines({ rule, file, line, text, reason }: RuleFact): string[] {
  const where = file === undefined ? '' : `  ${file}:${line}`;
  const what = file === undefined && text ? `  (${text})` : '';
  return [`    rule   ${rule}${where}${what}`, ...(reason ? [`           “${reason}”`] : [])];
}

function receiptText({ id, at, action, confirmed, refused }: Receipt, what: string): string {
  const isAsked = confirmed?.id === id;
  const how = confirmed ? `confirmed at ${confirmed.at}` : refused ? `refused: ${refused}` : 'not confirmed';
  return `${what}${action} of ${at} (${id}), ${isAsked ? 'which it asked for' : how}`;
}
