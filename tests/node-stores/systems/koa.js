// koa-session with koa-session-dynamodb-store.
import DynamoDBStore from 'koa-session-dynamodb-store';

import { sdk2 } from '../aws.js';
import * as koa from '../frameworks/koa.js';

export const listener = (name) => koa.listener(new DynamoDBStore({ dynamoConfig: sdk2, table: { name } }));
