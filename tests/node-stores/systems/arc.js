// React Router with @react-router/architect.
import { once } from 'node:events';
import { createServer } from 'node:http';

import { createArcTableSessionStorage } from '@react-router/architect';
import { createCookie } from 'react-router';

import { endpoint } from '../aws.js';
import * as reactRouter from '../frameworks/react_router.js';

// Architect asks its sandbox, by the protocol of SSM, which table is behind a name.
async function discover(table) {
  const parameters = { Parameters: [{ Name: `/ArcAppTesting/tables/${table}`, Value: table }] };
  const discovery = createServer((_, res) => res.end(JSON.stringify(parameters)));
  discovery.listen(0, 'localhost');
  await once(discovery, 'listening');
  process.env.ARC_ENV = 'testing';
  process.env.ARC_SANDBOX = JSON.stringify({
    ports: { _arc: discovery.address().port, tables: Number(endpoint.port) },
  });
}

export async function listener(table) {
  await discover(table);
  const cookie = createCookie(reactRouter.cookie.name, reactRouter.cookie);
  return reactRouter.listener(createArcTableSessionStorage({ cookie, idx: '_idx', table, ttl: '_ttl' }));
}
