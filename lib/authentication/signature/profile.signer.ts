/** Signs what other parts of the library send, in the profiles that `@Signed()` takes. */

import { Injectable } from '@nestjs/common';
import { checkKeys, optionError } from '../../core/checks.js';
import type { RequestSigner, RequestSigning, SignRequest } from '../../core/request-signer.js';
import { requestSigner, type RequestSignerOptions } from './request-signer.js';

/** What both profiles can write, and `signatures.keys` of the other side can name. */
const KEY_ID = /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,128}$/;

@Injectable()
export class ProfileSigner implements RequestSigner {
  prepare(option: string, signing: RequestSigning): SignRequest {
    checkKeys(option, signing ?? null, ['key', 'keyId', 'profile', 'alg']);
    const sign = requestSigner(option, signing as RequestSignerOptions);
    if (!KEY_ID.test(signing.keyId)) {
      const problem = 'holds spaces, commas, quotes or backslashes, or is too long';
      throw optionError(`${option}.keyId`, signing.keyId, problem, 'Use e.g. "shop-2026".');
    }
    return function signNow(request, nowMs) {
      return sign(request, { created: Math.floor(nowMs / 1000) });
    };
  }
}
