// express-session with dynamodb-store.
import DynamoDBStore from 'dynamodb-store';

import { sdk2 } from '../aws.js';
import * as express from '../frameworks/express.js';

export const listener = (name) => express.listener(new DynamoDBStore({ dynamoConfig: sdk2, table: { name } }));
