/** THE LIST: every hole there is, by OWASP item. */

import type { Hole } from './hole.js';
import { answersKeptByUrl } from './holes/api1-object-level/answers-kept-by-url.hole.js';
import { checkoutOfAnybody } from './holes/api1-object-level/checkout-of-anybody.hole.js';
import { graphqlOrderOfAnybody } from './holes/api1-object-level/graphql-order-of-anybody.hole.js';
import { noteOfAnybody } from './holes/api1-object-level/note-of-anybody.hole.js';
import { orderIsToldToExist } from './holes/api1-object-level/order-is-told-to-exist.hole.js';
import { orderOfAnybody } from './holes/api1-object-level/order-of-anybody.hole.js';
import { ordersOfEverybody } from './holes/api1-object-level/orders-of-everybody.hole.js';
import { profileOfAnybody } from './holes/api1-object-level/profile-of-anybody.hole.js';
import { apiKeyByItsId } from './holes/api2-authentication/api-key-by-its-id.hole.js';
import { loginWithoutLimits } from './holes/api2-authentication/login-without-limits.hole.js';
import { revokedTokenRemembered } from './holes/api2-authentication/revoked-token-remembered.hole.js';
import { tokenForAnybody } from './holes/api2-authentication/token-for-anybody.hole.js';
import { tokenInTheQuery } from './holes/api2-authentication/token-in-the-query.hole.js';
import { tokenNeverExpires } from './holes/api2-authentication/token-never-expires.hole.js';
import { tokenOfAlgNone } from './holes/api2-authentication/token-of-alg-none.hole.js';
import { tokenOfAnyKind } from './holes/api2-authentication/token-of-any-kind.hole.js';
import { tokenOfTwoAlgorithms } from './holes/api2-authentication/token-of-two-algorithms.hole.js';
import { tokenOnlyDecoded } from './holes/api2-authentication/token-only-decoded.hole.js';
import { tokenWithItsOwnKey } from './holes/api2-authentication/token-with-its-own-key.hole.js';
import { unknownUserIsTold } from './holes/api2-authentication/unknown-user-is-told.hole.js';
import { webhookReplayed } from './holes/api2-authentication/webhook-replayed.hole.js';
import { webhookUnsigned } from './holes/api2-authentication/webhook-unsigned.hole.js';
import { graphqlUserWithTheHash } from './holes/api3-properties/graphql-user-with-the-hash.hole.js';
import { graphqlFieldsRemembered } from './holes/api3-properties/graphql-fields-remembered.hole.js';
import { meWithTheHash } from './holes/api3-properties/me-with-the-hash.hole.js';
import { orderByMassAssignment } from './holes/api3-properties/order-by-mass-assignment.hole.js';
import { bodyMergedDeeply } from './holes/api3-properties/body-merged-deeply.hole.js';
import { userAddedToAnswers } from './holes/api3-properties/user-added-to-answers.hole.js';
import { addressFromTheClient } from './holes/api4-resources/address-from-the-client.hole.js';
import { bucketsThatAreNeverEmpty } from './holes/api4-resources/buckets-that-are-never-empty.hole.js';
import { graphqlListOfAnyLength } from './holes/api4-resources/graphql-list-of-any-length.hole.js';
import { graphqlOfAnyDepth } from './holes/api4-resources/graphql-of-any-depth.hole.js';
import { graphqlOfAnySize } from './holes/api4-resources/graphql-of-any-size.hole.js';
import { pageWithoutEnd } from './holes/api4-resources/page-without-end.hole.js';
import { previewWithoutLimits } from './holes/api4-resources/preview-without-limits.hole.js';
import { adminByAddress } from './holes/api5-functions/admin-by-address.hole.js';
import { debugRoute } from './holes/api5-functions/debug-route.hole.js';
import { graphqlTurnoverForUsers } from './holes/api5-functions/graphql-turnover-for-users.hole.js';
import { methodOfTheHeader } from './holes/api5-functions/method-of-the-header.hole.js';
import { putByMiddleware } from './holes/api5-functions/put-by-middleware.hole.js';
import { rolesForgotten } from './holes/api5-functions/roles-forgotten.hole.js';
import { anyCaptcha } from './holes/api6-business-flows/any-captcha.hole.js';
import { checkoutTwice } from './holes/api6-business-flows/checkout-twice.hole.js';
import { registeredWithoutEnd } from './holes/api6-business-flows/registered-without-end.hole.js';
import { previewByPlainFetch } from './holes/api7-ssrf/preview-by-plain-fetch.hole.js';
import { previewOfNames } from './holes/api7-ssrf/preview-of-names.hole.js';
import { answersKeptByBrowsers } from './holes/api8-misconfiguration/answers-kept-by-browsers.hole.js';
import { corsBySuffix } from './holes/api8-misconfiguration/cors-by-suffix.hole.js';
import { corsOfEverybody } from './holes/api8-misconfiguration/cors-of-everybody.hole.js';
import { corsWithAStar } from './holes/api8-misconfiguration/cors-with-a-star.hole.js';
import { graphqlOfAnyContentType } from './holes/api8-misconfiguration/graphql-of-any-content-type.hole.js';
import { headersTakenAway } from './holes/api8-misconfiguration/headers-taken-away.hole.js';
import { hostInLinks } from './holes/api8-misconfiguration/host-in-links.hole.js';
import { idInAHeader } from './holes/api8-misconfiguration/id-in-a-header.hole.js';
import { idThatMustBeANumber } from './holes/api8-misconfiguration/id-that-must-be-a-number.hole.js';
import { linkByForwardedHost } from './holes/api8-misconfiguration/link-by-forwarded-host.hole.js';
import { pageForEveryPath } from './holes/api8-misconfiguration/page-for-every-path.hole.js';
import { poweredBy } from './holes/api8-misconfiguration/powered-by.hole.js';
import { stackInErrors } from './holes/api8-misconfiguration/stack-in-errors.hole.js';
import { traceEchoed } from './holes/api8-misconfiguration/trace-echoed.hole.js';
import { docsForEverybody } from './holes/api9-inventory/docs-for-everybody.hole.js';
import { endIsNotAnnounced } from './holes/api9-inventory/end-is-not-announced.hole.js';
import { newRouteNobodyKnows } from './holes/api9-inventory/new-route-nobody-knows.hole.js';
import { sunsetForgotten } from './holes/api9-inventory/sunset-forgotten.hole.js';
import { versionZero } from './holes/api9-inventory/version-zero.hole.js';
import { partnerFollowedAnywhere } from './holes/api10-upstreams/partner-followed-anywhere.hole.js';
import { partnerPassedThrough } from './holes/api10-upstreams/partner-passed-through.hole.js';

export const HOLES: readonly Hole[] = Object.freeze([
  answersKeptByUrl,
  checkoutOfAnybody,
  graphqlOrderOfAnybody,
  noteOfAnybody,
  orderIsToldToExist,
  orderOfAnybody,
  ordersOfEverybody,
  profileOfAnybody,
  apiKeyByItsId,
  loginWithoutLimits,
  revokedTokenRemembered,
  tokenForAnybody,
  tokenInTheQuery,
  tokenNeverExpires,
  tokenOfAlgNone,
  tokenOfAnyKind,
  tokenOfTwoAlgorithms,
  tokenOnlyDecoded,
  tokenWithItsOwnKey,
  unknownUserIsTold,
  webhookReplayed,
  webhookUnsigned,
  graphqlUserWithTheHash,
  graphqlFieldsRemembered,
  meWithTheHash,
  orderByMassAssignment,
  bodyMergedDeeply,
  userAddedToAnswers,
  addressFromTheClient,
  bucketsThatAreNeverEmpty,
  graphqlListOfAnyLength,
  graphqlOfAnyDepth,
  graphqlOfAnySize,
  pageWithoutEnd,
  previewWithoutLimits,
  adminByAddress,
  debugRoute,
  graphqlTurnoverForUsers,
  methodOfTheHeader,
  putByMiddleware,
  rolesForgotten,
  anyCaptcha,
  checkoutTwice,
  registeredWithoutEnd,
  previewByPlainFetch,
  previewOfNames,
  answersKeptByBrowsers,
  corsBySuffix,
  corsOfEverybody,
  corsWithAStar,
  graphqlOfAnyContentType,
  headersTakenAway,
  hostInLinks,
  idInAHeader,
  idThatMustBeANumber,
  linkByForwardedHost,
  pageForEveryPath,
  poweredBy,
  stackInErrors,
  traceEchoed,
  docsForEverybody,
  endIsNotAnnounced,
  newRouteNobodyKnows,
  sunsetForgotten,
  versionZero,
  partnerFollowedAnywhere,
  partnerPassedThrough,
]);

/** @throws TypeError for a hole that there is not. */
export function holeOf(id: string): Hole {
  const hole = HOLES.find((each) => each.id === id);
  if (hole === undefined)
    throw new TypeError(`There is no hole "${id}". Known: ${HOLES.map((each) => each.id).join(', ')}.`);
  return hole;
}
