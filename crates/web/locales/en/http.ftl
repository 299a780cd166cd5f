# What is wrong with a request itself, as a page.
http-malformed-title = The request cannot be read
http-malformed-hint = Nothing was changed. Go back and try again from the page you came from.
http-too-large-title = Too large
http-too-large = What was sent is larger than this server reads.
http-too-large-hint = Nothing was changed. Shorten what you typed and send it again.
http-method-title = Not possible here
http-method = This address does not take that kind of request.
http-method-hint = Nothing was changed. Begin at your first page.
http-cross-site-title = Sent from another site
http-cross-site = The request comes from a page of another site, so it was not carried out.
http-cross-site-hint = Nothing was changed. Open the page here and do it again.
http-misdirected-title = Another address
http-misdirected = You opened { $opened }, but this server answers at { $public }.
http-misdirected-hint = Open that address. If it is not the right one, the people who run this server can change server.public_url in its configuration.
http-misdirected-open = Open { $public }
