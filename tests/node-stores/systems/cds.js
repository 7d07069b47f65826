// express-session with connect-dynamodb-session.
import connect from 'connect-dynamodb-session';
import session from 'express-session';

import { sdk2 } from '../aws.js';
import * as express from '../frameworks/express.js';

const Store = connect(session);

export const listener = (tableName) => express.listener(
  new Store({ cleanupInterval: 0, region: process.env.AWS_REGION, tableName, ...sdk2 }),
);
