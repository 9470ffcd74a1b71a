import { MemoryBucketStore } from '../../lib/throttling/memory-bucket.store.js';
import { bucketStoreContract } from './bucket-store.contract.js';

bucketStoreContract('memory', () => new MemoryBucketStore());
