/** The face of login defence to the wiring. */

import type { StageFace } from '../../core/stage-face.js';
import { LoginDefence } from './login-defence.js';
import {
  LOGIN_DEFENCE,
  loginDefenceSettings,
  type LoginDefenceOptions,
  type LoginDefenceSettings,
} from './login-defence.options.js';
import { LOGIN_DEFENCE_STORE } from './login-defence.store.js';
import { MemoryLoginDefenceStore } from './memory-login-defence.store.js';

export const loginDefenceFace: StageFace<LoginDefenceOptions, LoginDefenceSettings> = {
  key: 'loginDefence',
  token: LOGIN_DEFENCE,
  settings: loginDefenceSettings,
  providers: [
    {
      provide: LOGIN_DEFENCE_STORE,
      inject: [LOGIN_DEFENCE],
      useFactory: ({ store, maxKeys }: LoginDefenceSettings) => store ?? new MemoryLoginDefenceStore(maxKeys),
    },
    LoginDefence,
  ],
  exports: [LOGIN_DEFENCE_STORE, LoginDefence],
  auditors: [],
};
