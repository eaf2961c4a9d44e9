/** Values of options, checked as they are read. */
import { InvalidArgumentError } from 'commander';

/** @throws InvalidArgumentError for what is no finite number */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('it must be a number.');
  return value;
}

/** A length of time. @throws InvalidArgumentError for what is no number, or below zero */
export function seconds(text: string): number {
  const value = number(text);
  if (value < 0) throw new InvalidArgumentError('it must be a number of seconds, from 0 on.');
  return value;
}
