// express-session with connect-dynamodb.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import connect from 'connect-dynamodb';
import session from 'express-session';

import { sdk3 } from '../aws.js';
import * as express from '../frameworks/express.js';

const Store = connect(session);

export const listener = (table) => express.listener(new Store({ client: new DynamoDBClient(sdk3), table }));
