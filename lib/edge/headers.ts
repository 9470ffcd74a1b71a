/** Which headers does every answer carry? An API's: nothing to render, nothing to frame, nothing to store. */

import type { ServerResponse } from 'node:http';
import type { SecurityHeadersOptions } from '@nestjs/common';
import { checkKeys, checkText, optionError } from '../core/checks.js';

/** The options of Nest's `useSecurityHeaders()`, each replacing ours, and two headers that it does not have. */
export interface EdgeHeadersOptions extends SecurityHeadersOptions {
  /** `Permissions-Policy` of every answer, or false. Default: no sensors, no camera, no payment. */
  permissionsPolicy?: string | false;
  /** `Cache-Control` of every answer that sets none itself, or false. Default `no-store`. */
  cacheControl?: string | false;
}

export interface EdgeHeaders {
  /** Handed to Nest. */
  readonly security: SecurityHeadersOptions;
  /** Written by us. */
  readonly own: readonly (readonly [name: string, value: string])[];
}

/** Answers of an API are data: a browser that is made to show one as a page must not run, load or frame anything. */
const API_HEADERS: SecurityHeadersOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  referrerPolicy: { policy: 'no-referrer' },
  strictTransportSecurity: { maxAge: 365 * 24 * 60 * 60, includeSubDomains: true },
  xFrameOptions: { action: 'deny' },
};

const NO_FEATURES =
  'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()';

/** @throws TypeError for a header that could not be written. Nest checks its own options itself. */
export function completeHeaders(option: string, options: EdgeHeadersOptions = {}): EdgeHeaders {
  if (typeof options !== 'object' || options === null)
    checkKeys(option, options, ['permissionsPolicy', 'cacheControl']);
  const { permissionsPolicy = NO_FEATURES, cacheControl = 'no-store', ...security } = options;
  const own: [string, string][] = [];
  const add = (name: string, key: string, value: string | false): void => {
    if (value === false) return;
    checkText(`${option}.${key}`, value, 'Use the text of the header, or false.');
    if (/[^\x20-\x7e]/.test(value)) {
      throw optionError(`${option}.${key}`, value, 'cannot stand in a header', 'Use printable ASCII on one line.');
    }
    own.push([name, value]);
  };
  add('Permissions-Policy', 'permissionsPolicy', permissionsPolicy);
  add('Cache-Control', 'cacheControl', cacheControl);
  return Object.freeze({ security: { ...API_HEADERS, ...security }, own });
}

/** Set before routing, so that a handler, a redirect or an error page of its own can still say otherwise. */
export function writeOwnHeaders(response: ServerResponse, { own }: EdgeHeaders): void {
  for (const [name, value] of own) response.setHeader(name, value);
}
