/** The storage that people use today, where it is installed. It is no dependency: its peers end at Nest 11. */

import type { Redis } from 'ioredis';
import type { ThrottlerStorage } from '@nestjs/throttler';

export type Increment = Pick<ThrottlerStorage, 'increment'>;

export async function nestLabStorage(client: Redis): Promise<Increment | undefined> {
  const name = '@nest-lab/throttler-storage-redis';
  try {
    const { ThrottlerStorageRedisService } = (await import(name)) as {
      ThrottlerStorageRedisService: new (client: Redis) => Increment;
    };
    return new ThrottlerStorageRedisService(client);
  } catch {
    return undefined;
  }
}
