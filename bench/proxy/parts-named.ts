/** What is added to the bare relay, each part with those before it. */
export const PARTS = ['relay', 'parse', 'journal'] as const;
export type Part = (typeof PARTS)[number];
