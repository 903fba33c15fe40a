/** The app's entry: each import registers its functions. */
import './http/public.ts';
import './http/register.ts';
import './queues.ts';
import './timers.ts';
import './activate-profile.ts';
import './refresh-database.ts';
