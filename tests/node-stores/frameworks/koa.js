import Koa from 'koa';
import session from 'koa-session';

import { change, login, secrets, view } from '../visitor.js';

const routes = {
  'POST /login': (session) => Object.assign(session, login()),
  'GET /session': (session) => session,
  'POST /change': (session) => Object.assign(session, change(session)),
};

export function listener(store) {
  const app = new Koa();
  app.keys = secrets;
  app.use(session({ store }, app));
  app.use((ctx) => {
    if (ctx.method === 'POST' && ctx.path === '/logout') {
      ctx.session = null;
      ctx.body = {};
      return;
    }
    ctx.body = view(routes[`${ctx.method} ${ctx.path}`](ctx.session));
  });
  return app.callback();
}
