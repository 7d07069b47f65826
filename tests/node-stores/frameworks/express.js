import express from 'express';
import session from 'express-session';

import { DAY, change, login, secrets, view } from '../visitor.js';

export function listener(store, settings = {}) {
  const app = express();
  app.use(session({
    cookie: { maxAge: DAY },
    resave: false,
    saveUninitialized: false,
    secret: secrets,
    store,
    ...settings,
  }));
  app.post('/login', (req, res) => {
    Object.assign(req.session, login());
    res.json(view(req.session));
  });
  app.get('/session', (req, res) => res.json(view(req.session)));
  app.post('/change', (req, res) => {
    Object.assign(req.session, change(req.session));
    res.json(view(req.session));
  });
  app.post('/logout', (req, res, next) => {
    req.session.destroy((error) => (error ? next(error) : res.json({})));
  });
  return app;
}
