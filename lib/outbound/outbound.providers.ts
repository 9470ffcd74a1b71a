/** The face of the outbound folder to the wiring. */

import { OUTBOUND_FETCH, type OutboundFetch } from '../core/outbound-fetch.js';
import type { StageFace } from '../core/stage-face.js';
import { AlertSink } from './alerts/alert.sink.js';
import { RefusalWatch } from './alerts/refusal.watch.js';
import { OUTBOUND, outboundSettings, type OutboundOptions, type OutboundSettings } from './outbound.options.js';
import { safeFetchOf } from './fetch/safe-fetch.js';
import { SafeHttpClient } from './safe-http/safe-http.client.js';
import { ThirdPartyClient } from './third-party/third-party.client.js';
import { WebhookSender } from './webhooks/webhook.sender.js';

export const outboundFace: StageFace<OutboundOptions, OutboundSettings> = {
  key: 'outbound',
  token: OUTBOUND,
  settings: outboundSettings,
  providers: [
    SafeHttpClient,
    ThirdPartyClient,
    WebhookSender,
    RefusalWatch,
    AlertSink,
    {
      provide: OUTBOUND_FETCH,
      inject: [OUTBOUND],
      useFactory:
        ({ network }: OutboundSettings): OutboundFetch =>
        (hosts, reach) =>
          safeFetchOf('security.outbound', { ...network, ...reach, allowedHosts: hosts }),
    },
  ],
  exports: [SafeHttpClient, ThirdPartyClient, WebhookSender, AlertSink],
  auditors: [],
};
