// express-session with @cyclic.sh/session-store.
import { CyclicSessionStore } from '@cyclic.sh/session-store';

import { endpoint } from '../aws.js';
import * as express from '../frameworks/express.js';

export function listener(name) {
  const store = new CyclicSessionStore({ table: { name } });
  // The client is the package's own, and it has no option for its endpoint.
  const { hostname, pathname: path, port, protocol } = endpoint;
  store.documentClient.config.endpoint = async () => ({ hostname, path, port: Number(port), protocol });
  // The package hands the answer of a successful write to the callback for errors.
  return express.listener(store).use((error, req, res, next) => {
    if (error instanceof Error) {
      next(error);
    }
  });
}
