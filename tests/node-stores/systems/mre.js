// express-session with rows as MRobertEvers/dynamodb-session-store writes them, which is not on npm: the framework is
// the real one, the store below is written after the rows that were captured from that package.
import AWS from 'aws-sdk';
import session from 'express-session';

import { sdk2 } from '../aws.js';
import * as express from '../frameworks/express.js';

const FIVE_MINUTES = 300_000;
const HASH_KEY = 'SessionID';

const seconds = (ms) => Math.floor(ms / 1000);
const expires = ({ cookie }) => ({ N: String(seconds(Date.now() + (cookie.maxAge || FIVE_MINUTES))) });

class Store extends session.Store {
  #client = new AWS.DynamoDB(sdk2);
  #table;

  constructor(table) {
    super();
    this.#table = table;
  }

  #row = (sid) => ({ Key: { [HASH_KEY]: { S: sid } }, TableName: this.#table });

  get(sid, callback) {
    this.#client.getItem({ ...this.#row(sid), ConsistentRead: true }, (error, { Item } = {}) => {
      if (error || !Item || Number(Item.Expires?.N) <= seconds(Date.now())) {
        callback(error, null);
      } else {
        callback(null, JSON.parse(Item.Session.S));
      }
    });
  }

  set(sid, data, callback) {
    const Item = { [HASH_KEY]: { S: sid }, Expires: expires(data), Session: { S: JSON.stringify(data) } };
    this.#client.putItem({ Item, TableName: this.#table }, (error) => callback(error));
  }

  touch(sid, data, callback) {
    this.#client.updateItem({
      ...this.#row(sid),
      ExpressionAttributeValues: { ':expires': expires(data) },
      UpdateExpression: 'SET Expires = :expires',
    }, (error) => callback(error));
  }

  destroy(sid, callback) {
    this.#client.deleteItem(this.#row(sid), (error) => callback(error));
  }
}

export const listener = (table) => express.listener(new Store(table));
