// express-session with dynamodb-session-store of npm.
import connect from 'dynamodb-session-store';
import session from 'express-session';

import { sdk2 } from '../aws.js';
import * as express from '../frameworks/express.js';

const Store = connect(session);

export const listener = (tableName) => express.listener(
  new Store({
    accessKeyId: process.env.AWS_ACCESS_KEY_ID,
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
    tableName,
    ...sdk2,
  }),
);
