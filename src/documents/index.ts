/** YAML files that people write: every fault at once, each with its place and what would be right. */
export { type Located, locate, readYaml } from './locate.js';
export { type Problem, type ProblemCodes, schemaProblems } from './problems.js';
export { suggest } from './suggest.js';
