// express-session with @pwrdrvr/dynamodb-session-store.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStore } from '@pwrdrvr/dynamodb-session-store';

import { sdk3 } from '../aws.js';
import * as express from '../frameworks/express.js';

export const listener = (tableName) => express.listener(
  new DynamoDBStore({ dynamoDBClient: new DynamoDBClient(sdk3), tableName }),
);
