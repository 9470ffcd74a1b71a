/** Where the provider of the tests keeps what it issued: in memory, over all rotations of its keys. */

interface Payload extends Record<string, unknown> {
  readonly grantId?: string;
  readonly uid?: string;
}

/** The adapter class that oidc-provider asks for, once per kind of thing. */
export function providerStore() {
  const kept = new Map<string, Payload>();

  return class ProviderStore {
    constructor(readonly kind: string) {}

    upsert(id: string, payload: Payload): Promise<void> {
      kept.set(`${this.kind}:${id}`, payload);
      return Promise.resolve();
    }
    find(id: string): Promise<Payload | undefined> {
      return Promise.resolve(kept.get(`${this.kind}:${id}`));
    }
    findByUid(uid: string): Promise<Payload | undefined> {
      const found = [...kept].find(([name, payload]) => name.startsWith(`${this.kind}:`) && payload.uid === uid);
      return Promise.resolve(found?.[1]);
    }
    findByUserCode(): Promise<undefined> {
      return Promise.resolve(undefined);
    }
    consume(id: string): Promise<void> {
      const payload = kept.get(`${this.kind}:${id}`);
      if (payload) kept.set(`${this.kind}:${id}`, { ...payload, consumed: Math.floor(Date.now() / 1000) });
      return Promise.resolve();
    }
    destroy(id: string): Promise<void> {
      kept.delete(`${this.kind}:${id}`);
      return Promise.resolve();
    }
    revokeByGrantId(grantId: string): Promise<void> {
      for (const [name, payload] of kept) if (payload.grantId === grantId) kept.delete(name);
      return Promise.resolve();
    }
  };
}
