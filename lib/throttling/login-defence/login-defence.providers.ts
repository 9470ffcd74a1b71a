/** The face of login defence to the wiring. */

import type { StageFace } from '../../core/stage-face.js';
import { storeProvider, type StoreSlot } from '../../core/supplied-stores.js';
import { LoginDefence } from './login-defence.js';
import {
  LOGIN_DEFENCE,
  loginDefenceSettings,
  type LoginDefenceOptions,
  type LoginDefenceSettings,
} from './login-defence.options.js';
import { LOGIN_DEFENCE_STORE } from './login-defence.store.js';
import { MemoryLoginDefenceStore } from './memory-login-defence.store.js';

const FAILED_LOGINS: StoreSlot = {
  token: LOGIN_DEFENCE_STORE,
  methods: ['begin', 'fail', 'succeed', 'release'],
};

export const loginDefenceFace: StageFace<LoginDefenceOptions, LoginDefenceSettings> = {
  key: 'loginDefence',
  token: LOGIN_DEFENCE,
  settings: loginDefenceSettings,
  providers: [
    storeProvider(FAILED_LOGINS, {
      settings: LOGIN_DEFENCE,
      own: ({ store }: LoginDefenceSettings) => store,
      memory: ({ maxKeys }) => new MemoryLoginDefenceStore(maxKeys),
    }),
    LoginDefence,
  ],
  exports: [LOGIN_DEFENCE_STORE, LoginDefence],
  auditors: [],
  stores: { loginDefence: FAILED_LOGINS },
};
