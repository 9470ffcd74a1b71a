/** Does each principal say who calls, and by what that is proved? */

import { checkKeys, checkText, isTextList, optionError } from '../../../core/checks.js';
import type { PrincipalInput } from './cast.js';

const KEYS = [
  'id',
  'roles',
  'scopes',
  'tier',
  'amr',
  'acr',
  'authTimeMs',
  'claims',
  'token',
  'apiKey',
  'signature',
  'headers',
  'present',
];

/** @throws TypeError naming the option, its value and the fix. */
export function checkPrincipals(principals: Readonly<Record<string, PrincipalInput>>): void {
  if (typeof principals !== 'object' || principals === null || Array.isArray(principals)) {
    throw optionError('attack.principals', principals, 'is no object', "Name each: { alice: { id: '…' } }.");
  }
  if (Object.keys(principals).length === 0) {
    throw optionError('attack.principals', principals, 'is empty', "Name one at least: { alice: { id: '…' } }.");
  }
  for (const [name, input] of Object.entries(principals)) checkPrincipal(`attack.principals.${name}`, input);
}

function checkPrincipal(option: string, input: PrincipalInput): void {
  if (typeof input !== 'object' || input === null) {
    throw optionError(option, input, 'is no object', "Write { id: '…' }.");
  }
  checkKeys(option, input, KEYS);
  const { id, roles, scopes, amr, tier, acr, authTimeMs, token, apiKey, signature, headers, present, claims } = input;
  for (const [name, value] of Object.entries({ id, tier, acr, apiKey })) {
    if (value !== undefined) checkText(`${option}.${name}`, value);
  }
  for (const [name, value] of Object.entries({ roles, scopes, amr })) {
    if (value === undefined || isTextList(value)) continue;
    throw optionError(`${option}.${name}`, value, 'is no list of strings', `Write { ${name}: ['…'] }.`);
  }
  if (token !== undefined && typeof token !== 'function') checkText(`${option}.token`, token);
  if (present !== undefined && typeof present !== 'function') {
    throw optionError(`${option}.present`, present, 'is no function', 'Write (token) => ({ cookie: `t=${token}` }).');
  }
  if (authTimeMs !== undefined && !Number.isFinite(authTimeMs)) {
    throw optionError(`${option}.authTimeMs`, authTimeMs, 'is no time', 'Use milliseconds since the Unix epoch.');
  }
  if (headers !== undefined) checkTexts(`${option}.headers`, headers);
  for (const [name, value] of Object.entries({ claims, signature })) {
    if (value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value))) continue;
    throw optionError(`${option}.${name}`, value, 'is no object', 'Give its fields by name.');
  }
  if ((id ?? token ?? apiKey ?? signature ?? headers) !== undefined) return;
  const fix = 'Give an `id` to make tokens for, or `token`, `apiKey`, `signature` or `headers`.';
  throw optionError(option, input, 'proves nothing', fix);
}

/** @throws TypeError where it is no object of texts. */
export function checkTexts(option: string, value: unknown): void {
  const isBag = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isBag) throw optionError(option, value, 'is no object', "Write { name: 'text' }.");
  for (const [name, each] of Object.entries(value)) {
    if (typeof each !== 'string') throw optionError(`${option}.${name}`, each, 'is no text', "Write { name: 'text' }.");
  }
}
