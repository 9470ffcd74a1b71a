/** Where does a team look at how its app stands? A page, for the roles that the app names. */

import {
  Controller,
  Get,
  Header,
  Inject,
  Injectable,
  UseGuards,
  VERSION_NEUTRAL,
  type OnApplicationBootstrap,
  type Type,
} from '@nestjs/common';
import { Gatekeeper, PipelineGuard } from '../core/gatekeeper.js';
import { redactedJson } from '../core/redact.js';
import { Roles } from '../authorization/roles/roles.decorator.js';
import { PAGE_POLICY } from '../inventory/posture-page/page-document.js';
import { PosturePage } from '../inventory/posture-page/posture-page.js';
import { PostureWatch } from '../inventory/posture-page/posture-watch.js';
import { posturePlace, type PostureOptions, type PosturePlace } from '../inventory/posture-page/posture.options.js';
import { Returns } from '../responses/returns.decorator.js';

/** Asks all that the global guard asks. */
@Injectable()
class PostureGuard extends PipelineGuard {
  constructor(@Inject(Gatekeeper) gatekeeper: Gatekeeper) {
    super(gatekeeper);
  }
}

/** What all of them share, wherever they are. */
abstract class PostureEndpoint implements OnApplicationBootstrap {
  /** Set by `postureController()`. */
  static readonly place: PosturePlace;

  constructor(
    @Inject(PosturePage) private readonly posture: PosturePage,
    @Inject(PostureWatch) private readonly watch: PostureWatch,
  ) {}

  onApplicationBootstrap(): void {
    this.watch.start();
  }

  // The headers do not rely on secureApp(): the page is strict wherever it is served.
  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', PAGE_POLICY)
  @Header('Cache-Control', 'no-store')
  @Header('X-Content-Type-Options', 'nosniff')
  @Header('X-Frame-Options', 'DENY')
  @Header('Referrer-Policy', 'no-referrer')
  @Header('Cross-Origin-Opener-Policy', 'same-origin')
  @Header('Cross-Origin-Resource-Policy', 'same-origin')
  @Returns(String)
  page(): string {
    return this.posture.html({ live: true, redact: redacted });
  }
}

/**
 * The controller of the posture page. Mounted by `posture: { roles: ['admin'] }`; with `forRootAsync` list it among the
 * controllers of a module.
 *
 * @example
 * @Module({ controllers: [postureController({ roles: ['admin'] })] })
 * @throws TypeError naming option, value and fix.
 */
export function postureController(options: PostureOptions): Type {
  const place = posturePlace(options, 'postureController()');
  @Controller({ path: place.path, version: VERSION_NEUTRAL })
  @Roles(...place.roles)
  // Where the app does without the global guard, the page has the whole pipeline of its own.
  @UseGuards(PostureGuard)
  class PostureController extends PostureEndpoint {
    static override readonly place = place;
  }
  return PostureController;
}

/** Where the page of this controller is, and whose. Undefined for other controllers. */
export function posturePlaceOf(type: unknown): PosturePlace | undefined {
  return typeof type === 'function' && type.prototype instanceof PostureEndpoint
    ? (type as typeof PostureEndpoint).place
    : undefined;
}

/** As in the log, by the same rules. */
function redacted<T>(value: T): T {
  return JSON.parse(redactedJson(value)) as T;
}
