/** Passwords in the words of each version: how one is made, how it is sent, in which forms a station may log in with it. */
import { randomBytes, randomInt } from 'node:crypto';
import { hashSecret } from '../../config/index.js';
import type { JsonObject } from '../../mapping/index.js';
import type { OcppProtocol } from '../protocol.js';

/** A password ready to be sent. */
export interface Sendable {
  readonly action: 'ChangeConfiguration' | 'SetVariables';
  readonly payload: JsonObject;
  /** As it stands in the payload. */
  readonly text: string;
  /** The forms in which the station may log in with it; bytes also as the hexadecimal digits that they are. */
  readonly logins: readonly string[];
}

/** 1.6: as many as AuthorizationKey takes at most. */
const KEY_BYTES = 20;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** 2.x: 190 bits, within the 16 to 40 characters of A00.FR.205 and .206. */
const LENGTH = 32;

/** A bridge that starts tests one of each station that it gave another password. */
const CONFIGURED_COST = 2_048;

/** Hashes what may not be random: a configured password, or another form of it. */
export function hashConfigured(password: string): string {
  return hashSecret(password, 'scrypt', CONFIGURED_COST);
}

/** A random password for a station of this version. */
export function freshPassword(protocol: OcppProtocol): Sendable {
  if (protocol === 'ocpp1.6') return asKey(randomBytes(KEY_BYTES).toString('hex'));
  return asVariable(Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join(''));
}

/** A password that stands in the configuration in clear, or why it cannot be sent. */
export function sendable(protocol: OcppProtocol, password: string): Sendable | string {
  if (protocol !== 'ocpp1.6') {
    const fits = /^[\w*=:+|@.-]{16,40}$/.test(password);
    return fits ? asVariable(password) : 'OCPP 2.x takes 16 to 40 letters, digits and *-_=:+|@.';
  }
  if (/^(?:[\da-f]{2}){16,20}$/i.test(password)) return asKey(password);
  const bytes = Buffer.from(password);
  return bytes.length >= 16 && bytes.length <= KEY_BYTES
    ? asKey(bytes.toString('hex'), password)
    : 'OCPP 1.6 takes 16 to 20 bytes, or their 32 to 40 hexadecimal digits';
}

/**
 * Security white paper of 1.6, AuthorizationKey: hexadecimal digits in the message, the bytes that they stand for in HTTP
 * Basic. Many stations log in with the digits instead.
 */
function asKey(digits: string, ...bytes: string[]): Sendable {
  return {
    action: 'ChangeConfiguration',
    payload: { key: 'AuthorizationKey', value: digits },
    text: digits,
    logins: [digits, ...bytes],
  };
}

/** 2.0.1 A01.FR.02: SecurityCtrlr.BasicAuthPassword. */
function asVariable(text: string): Sendable {
  const variable = { component: { name: 'SecurityCtrlr' }, variable: { name: 'BasicAuthPassword' } };
  return {
    action: 'SetVariables',
    payload: { setVariableData: [{ ...variable, attributeValue: text }] },
    text,
    logins: [text],
  };
}
