# The pages that only the demo has.
demo-title = Try Latchstring
demo-lead = Sample people and a sample product on this machine. Nothing in here reaches a real account, and all of it is gone when the program ends.
demo-people = Who do you want to be?
demo-sign-in-as = Sign in as { $name }
demo-hosts = Each person has a host name of their own, so that one browser window can be all of them at once.
demo-things = Things to try
demo-product = Open the sample product
demo-mail-title = Mail that would have been sent
demo-mail-lead = In real use it leaves by your mail server.
demo-mail-none = No mail yet. Generate a token, or associate one.
demo-decisions-title = Requests the proxy asked about
demo-decisions-lead = Before each request reaches the sample product, the small proxy in front of it asks Latchstring.
demo-decisions-none = None yet. Open the sample product.
demo-at = At
demo-request = Request
demo-answer = Answer
demo-who = Who
