"""An honest double of Stripe: stateful, over HTTP on 127.0.0.1, as forgetful and as late as the real one."""
