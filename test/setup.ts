import 'reflect-metadata';

// Whoever sets these means test/servers. A shop that a test boots remembers in its own process, unless the test says otherwise.
delete process.env.REDIS_URL;
delete process.env.DATABASE_URL;
