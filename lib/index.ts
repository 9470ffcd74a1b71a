/** The public API, in request order. */

export { SecurityModule } from './security.module.js';
export type { SecurityOptions } from './security.options.js';
export type { SecurityStores } from './security.stores.js';
export { SecurityGuard } from './security.guard.js';

// edge: host, size, method, address, CORS, headers
export { secureApp } from './secure-app.js';
export { clientAddress } from './edge/client-address.js';
export type { ClientAddressOptions } from './edge/client-address.js';
export type { EdgeOptions } from './edge/edge.options.js';
export type { EdgeHeadersOptions } from './edge/headers.js';
export { secureServerOptions } from './edge/secure-server-options.js';
export type { SecureServerOptions } from './edge/secure-server-options.js';

// authentication: who is calling?
export { ApiKeyGuard } from './authentication/api-key/api-key.guard.js';
export type {
  ApiKeyInfo,
  IssuedApiKey,
  RotatedApiKey,
  RotateKeyOptions,
} from './authentication/api-key/api-key-info.js';
export type { ApiKeyInit } from './authentication/api-key/api-key-input.js';
export type { ApiKeysOptions } from './authentication/api-key/api-keys.options.js';
export { decideKeyRotation } from './authentication/api-key/api-key-rotation.js';
export { ApiKeyService } from './authentication/api-key/api-key.service.js';
export { API_KEY_STORE } from './authentication/api-key/api-key.store.js';
export type {
  ApiKeyStore,
  FormerSecret,
  KeyRotation,
  KeyRotationOutcome,
  StoredApiKey,
} from './authentication/api-key/api-key.store.js';
export { MemoryApiKeyStore } from './authentication/api-key/memory-api-key.store.js';
export type { MemoryApiKeyStoreOptions } from './authentication/api-key/memory-api-key.store.js';
export type { Overlap } from './authentication/api-key/overlap.js';
export { Authenticate } from './authentication/authenticate.decorator.js';
export type { ProvenKeys } from './authentication/dpop/confirmation.js';
export type { DpopProof } from './authentication/dpop/dpop-proof.js';
export type { DpopAlgorithm, DpopMode, DpopNonceOptions, DpopOptions } from './authentication/dpop/dpop.options.js';
export type { CertificateSource, MtlsOptions } from './authentication/dpop/mtls.options.js';
export { verifyDpopProof } from './authentication/dpop/verify-dpop-proof.js';
export type { VerifyDpopProofOptions } from './authentication/dpop/verify-dpop-proof.js';
export { AuthenticationStage } from './authentication/authentication.stage.js';
export type { CredentialScheme, NoCredential } from './authentication/credential-scheme.js';
export { NO_CREDENTIAL } from './authentication/credential-scheme.js';
export { passport } from './authentication/passport/passport.scheme.js';
export type { PassportSchemeOptions } from './authentication/passport/passport.scheme.js';
export { CurrentPrincipal } from './authentication/current-principal.decorator.js';
export { JwtAuthGuard } from './authentication/jwt/jwt-auth.guard.js';
export { JwtStrategy } from './authentication/jwt/jwt.strategy.js';
export type { JwtOptions, TokenExtractor } from './authentication/jwt/jwt.options.js';
export type { KeyInput, PrivateKeyInput, PublicKeyInput, SecretInput } from './authentication/jwt/key-import.js';
export { SIGNATURE_ALGORITHMS } from './authentication/jwt/signature-algorithm.js';
export type { SignatureAlgorithm } from './authentication/jwt/signature-algorithm.js';
export type { IntrospectionOptions } from './authentication/introspection/introspection.options.js';
export type { ClaimMapping, ClaimSource } from './authentication/issuers/claim-mapping.js';
export type { IssuerOptions, TokenProfile } from './authentication/issuers/issuers.options.js';
export type { RemoteKeyOptions } from './authentication/issuers/remote-keys.options.js';
export type { IssuerResolver } from './authentication/issuers/token-sources.options.js';
export { createTokenVerifier } from './create-token-verifier.js';
export { TokenVerifier } from './authentication/jwt/token-verifier.js';
export type { PlainTokenVerifier, TokenVerifierOptions } from './authentication/jwt/plain-verifier.js';
export { SigningKeys } from './authentication/jwt/signing-keys.js';
export type { SigningKeyInfo } from './authentication/jwt/signing-keys.js';
export type { SigningKeyInput, SigningKeyState } from './authentication/jwt/signing-key-ring.js';
export { TokenService } from './authentication/jwt/token.service.js';
export type { IssuedToken, IssueOptions, RefreshOptions, SessionInfo } from './authentication/jwt/issued-token.js';
export type { TokenSubject } from './authentication/jwt/token-subject.js';
export type { KeySource, VerificationOptions } from './authentication/jwt/verifier.options.js';
export { ProtectedResource } from './authentication/resource/protected-resource.js';
export type { PublishedResourceMetadata } from './authentication/resource/protected-resource.js';
export type { ResourceMetadata, ResourceOptions } from './authentication/resource/resource.options.js';
export { MFA_STORE } from './authentication/mfa/mfa.store.js';
export type {
  Attempts,
  AttemptVerdict,
  ChallengeTry,
  MfaStore,
  StoredAuthenticator,
  StoredPending,
  StoredChallenge,
} from './authentication/mfa/mfa.store.js';
export { MemoryMfaStore } from './authentication/mfa/memory-mfa.store.js';
export { MfaChallenge } from './authentication/mfa/mfa-challenge.js';
export type { StartedChallenge } from './authentication/mfa/mfa-challenge.js';
export type { Enrolment } from './authentication/mfa/enrolment.js';
export type { MfaOptions } from './authentication/mfa/mfa.options.js';
export type { EncryptionKeyInput } from './authentication/mfa/secret-box.js';
export { totp } from './authentication/mfa/totp.js';
export type { TotpInit } from './authentication/mfa/totp.js';
export { TotpService } from './authentication/mfa/totp.service.js';
export type { EnrolOptions } from './authentication/mfa/totp.service.js';
export type { BreachedPasswords, PasswordCost, PasswordOptions } from './authentication/passwords/password.options.js';
export { PasswordService } from './authentication/passwords/password.service.js';
export type { PasswordOwner } from './authentication/passwords/password.service.js';
export { Public } from './authentication/public.decorator.js';
export { MemoryRevocationStore } from './authentication/sessions/memory-revocation.store.js';
export type { MemoryRevocationStoreOptions } from './authentication/sessions/memory-revocation.store.js';
export { MemorySessionStore } from './authentication/sessions/memory-session.store.js';
export type { MemorySessionStoreOptions } from './authentication/sessions/memory-session.store.js';
export { RefreshCookie } from './authentication/sessions/refresh-cookie.js';
export { REVOCATION_STORE } from './authentication/sessions/revocation.store.js';
export type { Denial, RevocationStore, TokenMarks } from './authentication/sessions/revocation.store.js';
export { decideRotation } from './authentication/sessions/session-rotation.js';
export type { RotationDecision } from './authentication/sessions/session-rotation.js';
export { SESSION_STORE } from './authentication/sessions/session.store.js';
export type {
  PreviousToken,
  RotationClaim,
  RotationOutcome,
  SessionStore,
  StoredSession,
} from './authentication/sessions/session.store.js';
export type { SessionUsers } from './authentication/sessions/session-users.js';
export type { RefreshCookieOptions, SessionsOptions } from './authentication/sessions/sessions.options.js';
export { signedFetch, type SignedFetchOptions } from './authentication/signature/signed-fetch.js';
export { signRequest, type SignRequestOptions } from './authentication/signature/sign-request.js';
export {
  createRequestVerifier,
  verifyRequestSignature,
  type RequestVerifier,
  type VerifyRequestOptions,
} from './authentication/signature/verify-request.js';
export type { RequestSignature } from './authentication/signature/signature-verifier.js';
export type { HeaderInput, SignableRequest } from './authentication/signature/signed-message.js';
export { REQUEST_ALGORITHMS, type RequestAlgorithm } from './authentication/signature/request-algorithm.js';
export type { SignatureKeyInput } from './authentication/signature/signature-keys.js';
export type { SignatureKeyResolver } from './authentication/signature/asked-keys.js';
export type { SignatureProfile } from './authentication/signature/signature-profile.js';
export { Signed, type SignedOptions } from './authentication/signature/signed.decorator.js';
export { SignatureGuard } from './authentication/signature/signature.guard.js';
export { NONCE_STORE, type SignaturesOptions } from './authentication/signature/signatures.options.js';

// throttling: how often?
export { AddressGate } from './throttling/address-gate.js';
export { BUCKET_STORE } from './throttling/bucket.store.js';
export type { BucketAlgorithm, BucketDemand, BucketOutcome, BucketStore } from './throttling/bucket.store.js';
export { LoginDefence } from './throttling/login-defence/login-defence.js';
export type { LoginAttempt } from './throttling/login-defence/login-defence.js';
export type { ChallengedLogin, LoginDefenceOptions } from './throttling/login-defence/login-defence.options.js';
export { LOGIN_DEFENCE_STORE } from './throttling/login-defence/login-defence.store.js';
export type {
  LoginDefenceStore,
  LoginKeys,
  LoginObstacle,
  LoginPolicy,
  LoginVerdict,
} from './throttling/login-defence/login-defence.store.js';
export { MemoryLoginDefenceStore } from './throttling/login-defence/memory-login-defence.store.js';
export type { DelayPolicy } from './throttling/login-defence/failure-record.js';
export { MemoryBucketStore } from './throttling/memory-bucket.store.js';
export type { MemoryBucketStoreOptions } from './throttling/memory-bucket.store.js';
export { Cost, RateLimit, SkipRateLimit } from './throttling/rate-limit.decorators.js';
export type { CountedBy, CountedByOption, RateLimitOptions } from './throttling/rate-limit.decorators.js';
export { RateLimitGuard } from './throttling/rate-limit.stage.js';
export { perDay, perHour, perMinute, perSecond, unlimited } from './throttling/rate.js';
export type { BurstOption, Limit, Period, Rate, Unlimited } from './throttling/rate.js';
export { takeFromWindow } from './throttling/sliding-window.js';
export type { SlidingWindowAnswer, SlidingWindowState } from './throttling/sliding-window.js';
export type { ThrottlingOptions } from './throttling/throttling.options.js';
export type { TierOf, Tiers } from './throttling/tiers.js';
export { takeTokens } from './throttling/token-bucket.js';
export type {
  BucketAnswer,
  TokenBucketAnswer,
  TokenBucketPolicy,
  TokenBucketState,
} from './throttling/token-bucket.js';
export { TokenBucketThrottlerStorage } from './throttling/token-bucket.storage.js';
export type { TokenBucketThrottlerStorageOptions } from './throttling/token-bucket.storage.js';

// throttling: may this business flow be run once more, and is it a person who runs it?
export { SensitiveFlow } from './throttling/sensitive-flow/sensitive-flow.decorator.js';
export type { FlowCountedBy, SensitiveFlowOptions } from './throttling/sensitive-flow/sensitive-flow.decorator.js';
export { SensitiveFlowGuard } from './throttling/sensitive-flow/sensitive-flow.stage.js';
export type { FlowDefaults, FlowsOptions } from './throttling/sensitive-flow/flows.options.js';
export type {
  AnomalySignal,
  AnomalySignalFunction,
  FlowView,
  SignalTarget,
  SignalVerdict,
} from './throttling/sensitive-flow/anomaly-signal.js';
export { CAPTCHA_VERIFIER } from './throttling/sensitive-flow/captcha.verifier.js';
export type { CaptchaAnswer, CaptchaQuestion, CaptchaVerifier } from './throttling/sensitive-flow/captcha.verifier.js';
export { hCaptcha, reCaptcha, turnstile } from './throttling/sensitive-flow/hosted-captchas.js';
export type {
  HCaptchaOptions,
  HostedCaptchaOptions,
  ReCaptchaOptions,
} from './throttling/sensitive-flow/hosted-captchas.js';
export type { FetchLike } from './throttling/sensitive-flow/siteverify.js';
export { ProofOfWork, ProofOfWorkChallenge } from './throttling/sensitive-flow/proof-of-work.js';
export { solveProofOfWork } from './throttling/sensitive-flow/proof-of-work.solver.js';
export { FlowTickets } from './throttling/sensitive-flow/flow-tickets.js';
export { SPENT_STORE } from './core/spent.store.js';
export type { SpentStore } from './core/spent.store.js';
export { MemorySpentStore } from './core/memory-spent.store.js';
export type { MemorySpentStoreOptions } from './core/memory-spent.store.js';
export { IDEMPOTENCY_STORE } from './throttling/sensitive-flow/idempotency.store.js';
export type {
  IdempotencyBegin,
  IdempotencyClaim,
  IdempotencyFinish,
  IdempotencyOutcome,
  IdempotencyStore,
  StoredAnswer,
} from './throttling/sensitive-flow/idempotency.store.js';
export type { IdempotencyOptions } from './throttling/sensitive-flow/idempotency.options.js';
export { MemoryIdempotencyStore } from './throttling/sensitive-flow/memory-idempotency.store.js';
export type { MemoryIdempotencyStoreOptions } from './throttling/sensitive-flow/memory-idempotency.store.js';

// authorization: may they? is it theirs?
export { OwnedBy, Owned } from './authorization/ownership/owned-by.decorator.js';
export type {
  OwnedByOptions,
  OwnerParam,
  Ownership,
  OwnershipScope,
} from './authorization/ownership/owned-by.decorator.js';
export { OwnershipGuard } from './authorization/ownership/ownership.stage.js';
export { Policies } from './authorization/policies/policies.decorator.js';
export type { Policy, PolicyFunction } from './authorization/policies/policies.decorator.js';
export { PoliciesGuard } from './authorization/policies/policies.stage.js';
export { Roles } from './authorization/roles/roles.decorator.js';
export { RolesGuard } from './authorization/roles/roles.stage.js';
export { Scopes } from './authorization/scopes/scopes.decorator.js';
export { ScopesGuard } from './authorization/scopes/scopes.stage.js';
export { StepUp } from './authorization/step-up/step-up.decorator.js';
export type { StepUpOptions } from './authorization/step-up/step-up.rule.js';
export { StepUpService } from './authorization/step-up/step-up.service.js';
export { StepUpGuard } from './authorization/step-up/step-up.stage.js';
export type { RolesOptions } from './authorization/authorization.providers.js';

// validation: is the input what was declared?
export { Optional } from './validation/optional.decorator.js';
export { PageQuery } from './validation/page-query.js';
export { StrictValidationPipe } from './validation/strict-validation.pipe.js';
export { StrongPassword } from './validation/strong-password.decorator.js';
export type { StrongPasswordOptions } from './validation/strong-password.decorator.js';
export type { ValidationOptions } from './validation/validation.options.js';

// responses: what may leave?
export { pageOf } from './responses/page.js';
export type { Page } from './responses/page.js';
export { ProblemDetailsFilter } from './responses/problem-details.filter.js';
export { projectorFor } from './responses/field-projector.js';
export type { Projector, ProjectorViewer } from './responses/field-projector.js';
export { ResponseFilterInterceptor } from './responses/response-filter.interceptor.js';
export type { ResponsesOptions } from './responses/responses.options.js';
export { Returns } from './responses/returns.decorator.js';
export type { ReturnsTarget } from './responses/answer.js';
export type { StandardSchema } from './responses/standard-schema.js';
export { Hidden, OwnerId, VisibleTo, VisibleToOwner } from './responses/visible-to.decorator.js';

// outbound: where may a request to others go, and what is believed of the answer?
export { isPublicAddress } from './outbound/fetch/address-policy.js';
export type { AnswerOf, AnswerSchema, AnswerShape } from './outbound/answer/answer-shape.js';
export type { BreakerState } from './outbound/third-party/circuit-breaker.js';
export { OutboundError } from './outbound/fetch/outbound-error.js';
export type { OutboundErrorCode } from './outbound/fetch/outbound-error.js';
export type { OutboundOptions } from './outbound/outbound.options.js';
export type { Pacing } from './outbound/pacing.js';
export { createSafeFetch } from './outbound/fetch/safe-fetch.js';
export type { SafeFetchOptions, SafeFetchTlsOptions, SafeLookup } from './outbound/fetch/safe-fetch.options.js';
export { SafeHttpClient } from './outbound/safe-http/safe-http.client.js';
export type { SafeJsonInit, SafeRequestInit } from './outbound/safe-http/safe-http.client.js';
export { SafeUrl } from './outbound/safe-http/safe-url.decorator.js';
export type { SafeUrlOptions } from './outbound/safe-http/safe-url.decorator.js';
export { ThirdPartyClient } from './outbound/third-party/third-party.client.js';
export type { UpstreamCall, UpstreamSend } from './outbound/third-party/third-party.client.js';
export type { UpstreamAuth, UpstreamAuthFunction, UpstreamRequest } from './outbound/third-party/upstream-auth.js';
export type {
  UpstreamBreakerOptions,
  UpstreamOptions,
  UpstreamRetryOptions,
} from './outbound/third-party/upstream.options.js';
export type { PathParams, QueryParams } from './outbound/third-party/upstream-path.js';
export type { UrlPolicyOptions } from './outbound/fetch/url-policy.js';

// outbound: webhooks that the app sends, and alerts to its team
export { WebhookSender } from './outbound/webhooks/webhook.sender.js';
export type { OnceOptions, SentWebhook, WebhookToOptions } from './outbound/webhooks/webhook.sender.js';
export type { WebhookMessage } from './outbound/webhooks/webhook-message.js';
export type { WebhookOutcome } from './outbound/webhooks/webhook.queue.js';
export type { WebhookFailure, WebhookTry } from './outbound/webhooks/webhook-verdict.js';
export type {
  WebhookDeliveryOptions,
  WebhookEndpointOptions,
  WebhookSigningOptions,
} from './outbound/webhooks/webhook.options.js';
export { AlertSink } from './outbound/alerts/alert.sink.js';
export type { AlertOptions, RepeatedOptions } from './outbound/alerts/alert.options.js';
export type { Alert, AlertBatch, SuppressedAlerts } from './outbound/alerts/alert-batch.js';

// audit: what happened?
export { SecurityLog } from './audit/security-log.js';
export type { AppEventInit } from './audit/security-log.js';
export { eventLine, LoggerSink } from './audit/security-sink.js';
export type { SecuritySink } from './audit/security-sink.js';
export { JsonLinesSink } from './audit/json-lines.sink.js';
export type { JsonLinesOptions, LineStream } from './audit/json-lines.sink.js';
export type { AuditOptions } from './audit/audit.options.js';

// inventory: what is exposed, and is this app safe to open?
export { InventoryService, type Inventory } from './inventory/inventory.service.js';
export { secureDocument, type OpenApiDocument } from './inventory/openapi/secure-document.js';
export { inventoryJson, parseInventory } from './inventory/formats/inventory-json.js';
export { inventoryMarkdown } from './inventory/formats/inventory-markdown.js';
export { findingsSarif } from './inventory/formats/findings-sarif.js';
export type { InventoryChange } from './inventory/diff/inventory-change.js';
export { changeLine, compareInventories } from './inventory/diff/inventory-diff.js';
export { owaspCoverage, type CoverageItem } from './inventory/coverage.js';
export type {
  Endpoint,
  EndpointAccess,
  EndpointFlow,
  EndpointInput,
  EndpointKind,
  EndpointLifecycle,
  EndpointLimits,
  EndpointOutput,
  EndpointOwnership,
  EndpointRate,
  EndpointRoles,
  EndpointStepUp,
  OpenItem,
} from './inventory/endpoint.js';
export { Deprecated } from './inventory/lifecycle/deprecated.decorator.js';
export { Deprecations, type DeprecatedRoute } from './inventory/lifecycle/deprecations.js';
export type { DeprecatedCaller } from './inventory/lifecycle/caller-book.js';
export type { DeprecatedOptions } from './inventory/lifecycle/lifecycle.js';
export { LifecycleGuard } from './inventory/lifecycle/lifecycle.stage.js';
export { RouteExplainer } from './inventory/explain/route-explainer.js';
export type { ExplainedOutcome, ExplainedStep, Explanation } from './inventory/explain/explanation.js';
export { BootAudit, BootAuditError } from './inventory/boot-audit.js';
export type { BootAuditMode, BootAuditOptions } from './inventory/boot-audit.options.js';
export type { PostureOptions } from './inventory/posture-page/posture.options.js';

// endpoints: ready controllers
export { ChallengeController } from './endpoints/challenge.controller.js';
export { JwksController } from './endpoints/jwks.controller.js';
export { LoginController } from './endpoints/login.controller.js';
export { postureController } from './endpoints/posture.controller.js';
export { ProtectedResourceController } from './endpoints/protected-resource.controller.js';
export { SessionController } from './endpoints/session.controller.js';

// core: what stages are made of
export { Call, callOf } from './core/call.js';
export type { Clock } from './core/clock.js';
export { SecurityError } from './core/errors.js';
export type { InputError, ProblemDetails, SecurityErrorCode, SecurityErrorOptions } from './core/errors.js';
export type { SecurityEventKind } from './core/event-kind.js';
export { SecurityEvents } from './core/events.js';
export type { EventSubject, SecurityEvent, SecurityEventLevel, SecurityEventListener } from './core/events.js';
export type { Finding } from './core/finding.js';
export { passwordWeaknesses } from './core/password-policy.js';
export type { PasswordPolicy, PasswordRules } from './core/password-policy.js';
export { createPrincipal } from './core/principal.js';
export type { Principal, PrincipalInit } from './core/principal.js';
export type { RequestSigning } from './core/request-signer.js';
export { RoleHierarchy } from './core/role-hierarchy.js';
export type { RoleIncludes } from './core/role-hierarchy.js';
export { annotate, annotation, requirement } from './core/route.js';
export type { Annotation, Route, RouteDecorator, RoutePath } from './core/route.js';
export { equalSecrets } from './core/secrets.js';
export type { CustomStage, RouteCheck, SecurityStage, StageReport } from './core/stage.js';
export type { ConnectedStore, StoreContext, StoreGate } from './core/store-context.js';
export type { OutagePolicy, StoreCounts } from './core/store-outages.js';
export { StoreUnavailableError } from './core/store-unavailable.js';
export type { StoreUnavailableOptions } from './core/store-unavailable.js';
export type { HttpRequest, HttpResponse } from './core/transport.js';
