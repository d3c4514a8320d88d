// Made by `npm run api` out of docs/openapi.json. Not to be changed by hand.

export interface paths {
    "/api/v1/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create an account
         * @description Signs the new person in. Where an admin decides it is taken down, and they sign in once they are let in.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Register"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionCreated"];
                    };
                };
                /** @description An admin decides */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Applied"];
                    };
                };
                /** @description `registration_closed`, `invite_required`, `email_required`, `work_required`, `insecure_transport`, `csrf` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `handle_taken`, `email_taken` */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`, `weak_password` */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate` */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/challenge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Create an account: the question
         * @description A stranger's device answers it before it gets an account: some text that, behind the question and a full stop, has a hash
         *     that begins with so many zero bits. It can be answered for half an hour, and once.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Challenge"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/emails": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create an account: the e-mail address
         * @description Where one is required. A letter goes there; its link leads on.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["RegisterEmail"];
                };
            };
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `registration_closed`, `work_required`; `forbidden`: none is asked for */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate` */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/emails/look": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Create an account: the address of a link */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["EmailToken"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RegisterEmailFound"];
                    };
                };
                /** @description `email_taken` */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `gone`: the link was used, or is older than a day */
                410: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/recovery": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Recover an account
         * @description With the link that the operator made. All sessions end; a second factor is still asked for at the next sign-in.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Recover"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `insecure_transport`, `csrf` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `gone`: the link was used, or is older than an hour */
                410: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `weak_password` */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/recovery-mails": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for a recovery link by mail
         * @description Whether there is such an account is not told, also not by how long the answer takes.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["RecoverBy"];
                };
            };
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `insecure_transport`, `csrf`; `forbidden`: there is no mail here */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate` */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/applications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List applications
         * @description For admins of the instance.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Applications"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/applications/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let somebody in
         * @description Their account exists from now on, with the password that they chose.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The application's id */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `not_found`: it was decided already */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        /**
         * Turn somebody down
         * @description Nothing of them is kept.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The application's id */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `not_found`: it was decided already */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deletions/look": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** See how far a deletion is */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["DeletionToken"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["DeletionProgress"];
                    };
                };
                /** @description `not_found`: taken back, or done long ago */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/directory": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List public servers
         * @description Of this instance, or of another one that this instance speaks with.
         */
        get: {
            parameters: {
                query?: {
                    /** @description The instance; this one when absent. */
                    domain?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Directory"];
                    };
                };
                /** @description `blocked` with the domain */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/directory/{domain}/{sid}/join": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Join a public server */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Where the server lives */
                    domain: string;
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Server"];
                    };
                };
                /** @description `banned`, `invite_required`, `blocked` with the domain */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/emails/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Confirm an e-mail address
         * @description With the link of the letter; nobody needs to be signed in.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["EmailToken"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["EmailConfirmed"];
                    };
                };
                /** @description `email_taken` */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `gone`: the link was used, or is older than a day */
                410: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/gateway": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The live connection (WebSocket)
         * @description Text frames, one JSON object each: see the schemas `ClientFrame` and `ServerFrame`.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The connection is open */
                101: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/gateway/ticket": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get a single-use ticket for the live connection
         * @description A socket carries no header that a browser's page may set, and a token in an address ends up in logs. So the
         *     socket identifies itself with this ticket in its first frame.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["GatewayTicket"];
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosted-profiles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Profiles that this instance keeps for others
         * @description For admins of the instance.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["HostedProfiles"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosted-profiles/{domain}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Keep the profiles of an instance's people no longer
         * @description They are erased here, their homes take them back, and these people cannot choose this instance again. For admins of the instance.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The domain of their home */
                    domain: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `not_found`: nothing of it is kept here */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/instance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The instance
         * @description What a client needs before anybody is signed in.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Instance"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invites/{domain}/{code}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Preview an invitation
         * @description Without a session for servers of this instance: the link is opened by people who are at home elsewhere.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Where the server lives */
                    domain: string;
                    /** @description The code */
                    code: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["InvitePreview"];
                    };
                };
                /** @description `not_signed_in`, for servers of other instances */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `blocked` with the domain */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invite_unknown` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invite_expired`, `invite_spent` */
                410: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate` */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invites/{domain}/{code}/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept an invitation
         * @description Whoever is a member already gets the server, and the invitation keeps its uses.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Where the server lives */
                    domain: string;
                    /** @description The code */
                    code: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Server"];
                    };
                };
                /** @description `banned`, `blocked` with the domain */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invite_unknown` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invite_expired`, `invite_spent` */
                410: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate` */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Me"];
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change the profile */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ChangeMe"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Me"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/me/arrival": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * An account that is brought here
         * @description How far it is, and which communities know.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Arrival"];
                    };
                };
                /** @description `not_found`: none is */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Bring an account here
         * @description The signed-in account, which has to be new, becomes that of the person of the ticket. All of its sessions go on.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ArriveWith"];
                };
            };
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Arrival"];
                    };
                };
                /** @description `ticket_invalid`: used, too old, or for another instance; `blocked`, `not_allowed`, `in_review` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `account_in_use`: it has taken part here; `conflict`: one is on its way already */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable`, `peer_error` */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/arrival/identity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Find an identity by its own key: the question
         * @description Asks here, at the named instances and at all that this one knows.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["FindIdentity"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FoundIdentity"];
                    };
                };
                /** @description `not_found`: nobody knows it */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `no_own_key`; `account_in_use`; `conflict`: it lives here already */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/arrival/instances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask instances for one's communities
         * @description For whoever came by their own key, and misses some.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["AskInstances"];
                };
            };
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Arrival"];
                    };
                };
                /** @description `not_found`: nobody came */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/arrival/recovery": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Bring an account here by its own key
         * @description The signed-in account, which has to be new, becomes that of the identity that was found. The former home is not asked.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["RecoverWith"];
                };
            };
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Arrival"];
                    };
                };
                /** @description `not_found`: no identity was looked for */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `conflict`: it has changed since */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`: not signed as it has to be */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/arrival/vault": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Find an identity by its own key: the vault
         * @description From where the profile lies. Only the own key opens it.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["OpenVault"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SealedVault"];
                    };
                };
                /** @description `not_found`: no identity was looked for, or there is none */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`: not signed as it has to be */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable`, `peer_error` */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/avatar": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set the picture
         * @description The body is the picture itself. It is cut to a square, made small and freed of metadata.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "image/*": number[];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Me"];
                    };
                };
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unsupported_type` */
                415: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`: damaged or too many pixels */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        /** Remove the picture */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Me"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/banner": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set the wide picture above the profile
         * @description The body is the picture itself. It is cut to three times its height, made small and freed of metadata.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "image/*": number[];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Me"];
                    };
                };
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unsupported_type` */
                415: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`: damaged or too many pixels */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        /** Remove the wide picture above the profile */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Me"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/deletion": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Delete the account
         * @description It ends after `accounts.deletion_days`; until then it can be taken back.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["DeleteMe"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["DeletionSet"];
                    };
                };
                /** @description `proof_required` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `owner_cannot_leave`, `last_admin`, `conflict`: the day is set already */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        /** Keep the account after all */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `not_found`: no day is set */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/departures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the communities that one left */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Departures"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/departures/{sid}/erasure": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Erase what one posted in a community that one left */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Erasure"];
                    };
                };
                /** @description `proof_required` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server`: one was not in it */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate`: the last time is still being carried out */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/email": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Give the account an e-mail address
         * @description A letter goes there; the address counts once its link was opened. The same one again sends the letter again.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["PutEmail"];
                };
            };
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `proof_required`; `forbidden`: there is no mail here */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate` */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        /** Remove the account's e-mail address */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `proof_required`; `email_required`: accounts have one here */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/email/pending": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Withdraw an e-mail address that is not confirmed */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/erasures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List what one asked to have erased */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Erasures"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/erasures/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Remove a settled erasure from the list */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The erasure */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `not_found`: it is not there, or not settled */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The archives of one's data */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Exports"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Make an archive of one's data
         * @description It is made in the background; an earlier one is erased when it is ready.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Export"];
                    };
                };
                /** @description `proof_required` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `export_running`: one is being made already */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate`: as many as there may be in a day */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/exports/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Cancel or delete an archive */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The archive */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/exports/{id}/archive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download an archive
         * @description Parts are given by `Range`, so that a download that broke off goes on; `If-Range` with the `ETag` makes sure that it is of
         *     the same archive.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The archive */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/zip": number[];
                    };
                };
                206: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/zip": number[];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `export_running`: it is not ready */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `gone`: its time is over */
                410: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `range` */
                416: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/factors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Second factors */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Factors"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/factors/authenticator": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Switch the authenticator app on
         * @description With a code of it. Answers with recovery codes where it is the first second factor.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Code"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RecoveryCodes"];
                    };
                };
                /** @description `bad_code` */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `proof_required` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `conflict`: it is on already, or was never set up */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate` */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        /**
         * Set up an authenticator app
         * @description Answers with its secret. It counts once a code of it was typed in.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AuthenticatorOffer"];
                    };
                };
                /** @description `proof_required` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `conflict`: there is one already, or no password that it would go with */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        /**
         * Remove the authenticator app
         * @description Where there is no passkey either, the recovery codes go with it: a sign-in needs the password alone then.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `proof_required` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/factors/passkeys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add a passkey
         * @description It signs in by itself, and the password alone does not any more. Answers with recovery codes where it is the first second
         *     factor.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewPasskey"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AddedPasskey"];
                    };
                };
                /** @description `bad_passkey` */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `proof_required` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `conflict`: it is known already, or there are too many */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/factors/passkeys/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a passkey: the options
         * @description For `navigator.credentials.create`, as JSON. They hold for five minutes.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": Record<string, never>;
                    };
                };
                /** @description `proof_required` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `not_found`: the address of this instance has no name */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `conflict`: there are as many as there may be */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/factors/passkeys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a passkey
         * @description Where it is the last one and there is no authenticator app, the recovery codes go with it: a sign-in needs the password
         *     alone then.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The passkey's id */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `proof_required` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        /** Rename a passkey */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The passkey's id */
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["PasskeyName"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/me/factors/recovery_codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make new recovery codes
         * @description The old ones stop working.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RecoveryCodes"];
                    };
                };
                /** @description `proof_required` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `conflict`: no second factor is on */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/handle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change the name of the account
         * @description The old name leads nowhere from then on, and nobody else gets it; whoever had it may take it back.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ChangeHandle"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Me"];
                    };
                };
                /** @description `proof_required` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `handle_taken` */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate`: changed too often in 30 days */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/identity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whose identity it is and how it is held */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Identity"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Look at an archive from another instance
         * @description The body is the archive, or `account.json` alone. Nothing is set yet; the answer says what would be.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/zip": number[];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ImportPreview"];
                    };
                };
                /** @description `conflict`: another archive of theirs is coming in */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `too_large` */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`; the code of the field `archive` is `no_archive`, `damaged`, `no_account`, `too_large_inside`, `unsupported`, `bad_account`, `newer`, `bad_profile`, `bad_settings` or `bad_picture` */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/import/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set what was brought along
         * @description The chosen parts only; the rest of the profile and of the settings stays as it is.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description What was looked at */
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ApplyImport"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Me"];
                    };
                };
                /** @description `not_found`: it was looked at more than an hour ago, or is set already */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`: nothing was chosen */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/move": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Go to another instance
         * @description Answers with a ticket. Whoever shows it there, signed in to a new account, brings this account into that one: communities,
         *     roles and messages stay theirs, and nothing is left here but where they went. Until then everything stays as it is.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Depart"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MoveTicket"];
                    };
                };
                /** @description `proof_required`, `blocked`, `not_allowed`, `in_review` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `last_admin`; `conflict`: the account is about to be deleted, or its profile is on its way */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable`, `peer_error` */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        /**
         * Stay after all
         * @description The ticket counts no more.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/oidc": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List services for signing in
         * @description All that this instance offers, with those that are linked.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["LinkedServices"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/oidc/{provider}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Link a service for signing in */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The provider's id */
                    provider: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["BeginOidc"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["OidcWay"];
                    };
                };
                /** @description `proof_required` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `not_found` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable`: the provider does not answer */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        /**
         * Unlink a service
         * @description Whoever has no password needs another way in first.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The provider's id */
                    provider: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `proof_required` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `not_found` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `conflict`: there would be no way in any more */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/oidc/{provider}/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Prove who is there with a service
         * @description For who has no password: they sign in there once more.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The provider's id */
                    provider: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["BeginOidc"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["OidcWay"];
                    };
                };
                /** @description `not_found` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable`: the provider does not answer */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/own-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Hold one's own key
         * @description From then on only that key can put another one in its place, and with it the account can be moved to another instance
         *     even where this one is gone.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SetOwnKey"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Identity"];
                    };
                };
                /** @description `proof_required` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `conflict`: the identity has changed since it was looked at; `own_key_set`: there is one already, and `op` is missing; `chain_full` */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`: not signed as it has to be */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change the password
         * @description All other sessions end.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ChangePassword"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `bad_credentials`: the current password is wrong */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `proof_required`, where a second factor is on */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `weak_password` */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/profile-host": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where the own profile lies */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ProfilePlaces"];
                    };
                };
            };
        };
        /**
         * Choose where the own profile lies
         * @description It is brought there in the background; until it has arrived it lies where it was. The place before is then asked to
         *     erase it and to sign that it did.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ChooseProfileHost"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ProfilePlaces"];
                    };
                };
                /** @description `proof_required`, `blocked`, `not_allowed`, `in_review` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `no_offer`: that instance does not keep profiles of others, or has no room; `chain_full` */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable`, `peer_error` */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/server_order": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Set the order of one's servers */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ServerOrder"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The settings */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": Record<string, never>;
                    };
                };
            };
        };
        /** Replace the settings */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": Record<string, never>;
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": Record<string, never>;
                    };
                };
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/oidc/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get an account with another service
         * @description Signs the new person in. The account has no password.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SettleOidc"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionCreated"];
                    };
                };
                /** @description `insecure_transport`, `csrf` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `handle_taken`, `email_taken` */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `gone`: it took too long */
                410: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/oidc/arrivals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Get an account with another service: who it is */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["OidcTicket"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["OidcArrival"];
                    };
                };
                /** @description `gone`: it took too long */
                410: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/oidc/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Come back from another service
         * @description The provider sends the browser here. It is sent on to a page of this app, signed in where that worked; otherwise `oidc` says
         *     in one word why not.
         */
        get: {
            parameters: {
                query?: {
                    /** @description What was sent there. */
                    state?: string;
                    /** @description What gets the tokens, once. */
                    code?: string;
                    /** @description Why there is none. */
                    error?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description To a page of this app */
                303: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/oidc/{provider}/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with another service
         * @description Browsers only: the way back ends at `/oidc/callback`, which sends them to a page.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The provider's id, from `/instance` */
                    provider: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["BeginOidc"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["OidcWay"];
                    };
                };
                /** @description `insecure_transport`, `csrf` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `not_found` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate` */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable`: the provider does not answer */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/passkeys/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Use a passkey: the options
         * @description For `navigator.credentials.get`, as JSON; its answer goes to `/sessions/passkey` or `/sessions/current/proof`. They hold
         *     for five minutes, and a right answer uses them up.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": Record<string, never>;
                    };
                };
                /** @description `insecure_transport`, `csrf` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `not_found`: the address of this instance has no name */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate` */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/peers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List known instances */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["KnownPeers"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/profile-hosts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Instances that keep profiles of people from here
         * @description Those that this instance knows and that answer now.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ProfileHosts"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/profile-hosts/{domain}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether an instance keeps profiles of people from here */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The instance's domain */
                    domain: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ProfileHostOffer"];
                    };
                };
                /** @description `no_offer` */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`: no domain of another instance */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable`, `peer_error` */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List one's servers */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Servers"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Make a server
         * @description It lives on this instance, and whoever makes it owns it.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["CreateServer"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Server"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate` */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/arrivals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List servers that come here
         * @description Those that somebody gave a code for.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Arrivals"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Let a server come here
         * @description Answers with a code for its owner. A new one takes the place of one before.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ArrivalCode"];
                    };
                };
                /** @description `rate` */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/arrivals/{sid}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Do not let a server come here after all */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `not_found`: none that comes by a code of theirs */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show a server */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Server"];
                    };
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /**
         * Delete a server
         * @description For all its members, everywhere. Only the owner can, and types its name.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ConfirmName"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `forbidden`, `proof_required` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`: the name is another one */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        /** Change a server */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ChangeServer"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Server"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/servers/{sid}/bans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List bans */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Bans"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/bans/{actor}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Ban somebody
         * @description Whether they are a member now or not: they cannot come back until the ban is lifted.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                    /** @description Who */
                    actor: string;
                };
                cookie?: never;
            };
            requestBody?: {
                content: {
                    "application/json": components["schemas"]["Reason"] | null;
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server`, `not_found` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        /** Lift a ban */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                    /** @description Who */
                    actor: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server`, `not_found` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/channels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a channel */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["CreateChannel"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Channel"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `name_taken` with the field */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/channels/{cid}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a channel
         * @description With everything in it. Channels of a deleted category stay.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                    /** @description The channel */
                    cid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server`, `unknown_channel` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        /** Change or move a channel */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                    /** @description The channel */
                    cid: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ChangeChannel"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Channel"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server`, `unknown_channel` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `name_taken` with the field */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/servers/{sid}/channels/{cid}/media/{mid}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A file of a message
         * @description Parts are given by `Range`.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sid: string;
                    cid: string;
                    mid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/octet-stream": number[];
                    };
                };
                206: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/octet-stream": number[];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                416: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/channels/{cid}/media/{mid}/thumb": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The small picture of a file of a message */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sid: string;
                    cid: string;
                    mid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/*": number[];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/channels/{cid}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Messages of a channel
         * @description Ascending. Deleted messages keep their place without their content.
         */
        get: {
            parameters: {
                query?: {
                    /** @description Those before this number. */
                    before?: number;
                    /** @description Those after this number. */
                    after?: number;
                    /** @description Those around this message. */
                    around?: string;
                    /** @description Those around this time, milliseconds since 1970. */
                    at?: number;
                    /** @description How many, at most 100. */
                    limit?: number;
                };
                header?: never;
                path: {
                    sid: string;
                    cid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MessagePage"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Send a message
         * @description With the same `nonce` again it is the same message. `state` says whether it has arrived or waits.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sid: string;
                    cid: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewMessage"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Message"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/channels/{cid}/messages/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Delete a message */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sid: string;
                    cid: string;
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["DeleteReason"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        /** Edit one's own message */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sid: string;
                    cid: string;
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["EditMessage"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Message"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/servers/{sid}/channels/{cid}/messages/{id}/reactions/{emoji}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who reacted */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sid: string;
                    cid: string;
                    id: string;
                    emoji: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ReactionUsers"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        /** React to a message */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sid: string;
                    cid: string;
                    id: string;
                    emoji: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`: no emoji, or too many different ones */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        /** Take a reaction back */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sid: string;
                    cid: string;
                    id: string;
                    emoji: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/channels/{cid}/overrides/{target}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Grant or deny permissions in a channel
         * @description To one role or one member, beyond their roles. With both lists empty the override is removed.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                    /** @description The channel */
                    cid: string;
                    /** @description The role or member */
                    target: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SetOverride"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Channel"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server`, `unknown_channel` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        /** Remove what a channel grants or denies */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                    /** @description The channel */
                    cid: string;
                    /** @description The role or member */
                    target: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server`, `unknown_channel`, `not_found` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/channels/{cid}/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Mark a channel as read
         * @description Everything up to this message counts as read. Marks only move forward here.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sid: string;
                    cid: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ReadMark"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/channels/{cid}/typing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say that one is writing
         * @description Send it at most every four seconds; it is shown for six.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sid: string;
                    cid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/channels/{cid}/unread": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Mark as unread from a message on */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sid: string;
                    cid: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ReadMark"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/erasure": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Erase everything that one posted in a server
         * @description Texts, earlier versions, files and reactions of the person asking, on the community's host and on every instance that
         *     holds a copy. It cannot be undone. `GET /me/erasures` shows who has confirmed it.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["EraseMine"];
                };
            };
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Erasure"];
                    };
                };
                /** @description `proof_required` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `owner_cannot_leave` */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate`: the last time is still being carried out */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/icon": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set a server's picture
         * @description The body is the picture itself. It is cut to a square, made small and freed of metadata.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "image/*": number[];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Server"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unsupported_type` */
                415: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`: damaged or too many pixels */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        /** Remove a server's picture */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Server"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/icon/{mid}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a server's picture
         * @description Whoever knows the picture's id has seen the server, its invitation or the directory: no sign-in is needed.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                    /** @description The picture's id */
                    mid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/*": unknown;
                    };
                };
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/invites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List invitations
         * @description All of them for those who may manage invitations; one's own for everybody else.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Invites"];
                    };
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        /** Make an invitation */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["CreateInvite"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Invite"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server`, `unknown_channel` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/invites/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke an invitation */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                    /** @description The invitation */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server`, `not_found` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/leave": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Leave a server */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `owner_cannot_leave` */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List members */
        get: {
            parameters: {
                query?: {
                    /** @description Where the page begins: the cursor of the page before. */
                    cursor?: string;
                    /** @description Members of a page, 1000 at most; 100 when absent. */
                    limit?: number;
                    /** @description Part of a display name or of a name. */
                    q?: string;
                    /** @description Only those who may see this channel. */
                    channel?: string;
                };
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Members"];
                    };
                };
                /** @description `unknown_server`, `unknown_channel` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/members/{actor}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show a member */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                    /** @description The member */
                    actor: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Member"];
                    };
                };
                /** @description `unknown_server`, `not_found` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /**
         * Kick a member
         * @description They can come back with an invitation.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                    /** @description The member */
                    actor: string;
                };
                cookie?: never;
            };
            requestBody?: {
                content: {
                    "application/json": components["schemas"]["Reason"] | null;
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server`, `not_found` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        /** Change a member */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                    /** @description The member */
                    actor: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ChangeMember"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Member"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server`, `not_found` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/servers/{sid}/members/{actor}/avatar": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The picture that a member shows in this server */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                    /** @description The member */
                    actor: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/*": number[];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/move": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A server that moves
         * @description How far the new instance is with it.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Handover"];
                    };
                };
                /** @description `unknown_server`; `not_found`: it is not on its way anywhere */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Move a server to another instance
         * @description Its log, members, roles and files go there while people talk; ids and links stay. Only the owner can, and types its name.
         *     Its admins will be able to read what is said in it, as those of this instance are now.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["MoveServer"];
                };
            };
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Handover"];
                    };
                };
                /** @description `forbidden`, `proof_required`; `ticket_invalid`: the code was used or is too old; `blocked`, `not_allowed`, `in_review` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `conflict`: it is on its way already */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable`, `peer_error` */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        /**
         * Keep a server where it is
         * @description Until it has arrived.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server`; `not_found`: it is not on its way anywhere */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/pending": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own messages that have not arrived */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PendingMessages"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/pending/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Give up a message that waits or was refused */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sid: string;
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/pending/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a refused or expired message again */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sid: string;
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Message"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/profile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Choose a name for this server
         * @description Members see it here instead of the usual one, also on other instances.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SetServerName"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Member"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/profile/avatar": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Choose a picture for this server
         * @description The body is the picture itself. It is cut to a square, made small and freed of metadata.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "image/*": number[];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Member"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unsupported_type` */
                415: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`: damaged or too many pixels */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        /** Show the usual picture in this server again */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Member"];
                    };
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Mark a whole community as read */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/recovery": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who can have a server go on elsewhere */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RecoveryKeys"];
                    };
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        /**
         * Decide who can have a server go on elsewhere
         * @description Only the owner can, and where there are keys already only with their word.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SetRecoveryKeys"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RecoveryKeys"];
                    };
                };
                /** @description `forbidden`, `proof_required` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a role
         * @description It stands below all others unless a position is given.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["RoleFields"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Role"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `name_taken` with the field */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/roles/{rid}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a role
         * @description Its members lose it.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                    /** @description The role */
                    rid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server`, `not_found` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        /** Change a role */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                    /** @description The role */
                    rid: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["RoleFields"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Role"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server`, `not_found` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `name_taken` with the field */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `peer_unreachable` with the domain */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/servers/{sid}/takeover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A server whose place is gone
         * @description How far it is that it goes on here.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TakeoverStatus"];
                    };
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Have a server go on here
         * @description Where its place is gone. Those who follow it are asked how much they hold; what its recovery keys have to sign is answered.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["BeginTakeover"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TakeoverStatus"];
                    };
                };
                /** @description `banned`: this instance is banned there */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `unknown_server` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `no_recovery`; `hub_answers`; `conflict`: it lives here, or somebody else has begun */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate` */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        /**
         * Do not have a server go on here after all
         * @description Until it does. Whoever began it can.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `unknown_server`; `not_found`: none that they began */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `conflict`: it lives here already */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/servers/{sid}/takeover/signatures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign that a server goes on here
         * @description Whoever brings it: the signatures prove themselves. With the last one that is needed it begins.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The server */
                    sid: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SignTakeover"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TakeoverStatus"];
                    };
                };
                /** @description `unknown_server`; `not_found`: nothing is to be signed */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `conflict`: what is to be signed has changed */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate` */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List sessions */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Sessions"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Sign in
         * @description A name that does not exist and a wrong password get the same answer.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SignIn"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionCreated"];
                    };
                };
                /** @description A code is asked for as well */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SecondStep"];
                    };
                };
                /** @description `bad_credentials` */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `insecure_transport`, `suspended`, `csrf` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate` */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        /** Sign out everywhere else */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in: the code
         * @description Each code works once. After five wrong ones the password is asked for again.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SignInCode"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionCreated"];
                    };
                };
                /** @description `bad_code` */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `insecure_transport`, `suspended`, `csrf` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `gone`: it took too long, or too many codes were wrong */
                410: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate` */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/current": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Sign out */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/current/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Prove who is there
         * @description Dangerous acts answer `proof_required` when that was too long ago.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Proof"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `bad_credentials`, `bad_code`, `bad_passkey` */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`: neither a password nor a passkey */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate` */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/passkey": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in: with a passkey
         * @description Neither a name nor a password is needed, nor a code: who uses a passkey has shown their device and unlocked it.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SignInPasskey"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionCreated"];
                    };
                };
                /** @description `bad_passkey` */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `insecure_transport`, `suspended`, `csrf` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `rate` */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Renew the tokens
         * @description The token for requests is good for minutes (`expires_in_s`). The other one gets the next two, once. Whoever shows it again within a
         *     minute, or because the answer was lost, gets the same ones; later it ends the session: then somebody else has it, too.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Refresh"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Tokens"];
                    };
                };
                /** @description `not_signed_in`; `token_reused`: it was used before, and the session has ended */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `insecure_transport`, `csrf` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End one session */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The session's id */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/known": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Know of a sign-in
         * @description The person says on another device that a sign-in was theirs.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The session's id */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `forbidden`: no session says so of itself, nor one that is not known itself */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set the instance up
         * @description Makes the admin and signs them in. Works once, with the token of the set-up address.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SetUp"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionCreated"];
                    };
                };
                /** @description `setup_token_invalid`, `insecure_transport` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `setup_done`, `handle_taken` */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`, `weak_password` */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/trust": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * With whom this instance speaks
         * @description For admins of the instance.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TrustSettings"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/trust/block-list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * This instance's list of blocked instances
         * @description A signed file that other instances can take over. For admins of the instance.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": Record<string, never>;
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/trust/block-lists": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a list over
         * @description The body is the file. Rules from an older list of the same instance go. For admins of the instance.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": Record<string, never>;
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ListPreview"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`: no list, not signed by whom it names, or older than the one before */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/trust/block-lists/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What taking a list over would change
         * @description The body is the file. Nothing is changed. For admins of the instance.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": Record<string, never>;
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ListPreview"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`: no list, not signed by whom it names, or older than the one before */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/trust/block-lists/{domain}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Let a list go
         * @description All rules that came from it go, too. For admins of the instance.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Whose list it is */
                    domain: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `not_found` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/trust/mode": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Choose with whom this instance speaks
         * @description For admins of the instance.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SetMode"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`: laxer than the configuration */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/trust/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What would be cut off
         * @description For admins of the instance. Nothing is changed.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Supposed"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Cuts"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/trust/rules/{pattern}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Make a rule
         * @description For admins of the instance. A rule for the same pattern is replaced.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description A domain, or `*.` and a domain */
                    pattern: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SetRule"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TrustRule"];
                    };
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid` with the field */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
        /**
         * Remove a rule
         * @description For admins of the instance.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The rule's pattern */
                    pattern: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `not_found` */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/trust/waiting/{domain}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Turn away an instance that waits
         * @description For admins of the instance. It may ask again; to hear no more of it, block it.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Its domain */
                    domain: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `forbidden` */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Upload a file
         * @description The body is the file itself, or as much of it from its beginning as is to be sent at once; it may be empty. The rest
         *     follows with `PATCH`. A request that brings the last byte is answered with the file: its type is found by its bytes;
         *     pictures are made anew without metadata. A message that takes it must be sent within a day. If this request fails,
         *     nothing of it is kept.
         */
        post: {
            parameters: {
                query: {
                    /** @description The file's name. */
                    name?: string;
                    /** @description The community. */
                    sid: string;
                    /** @description The channel. */
                    channel: string;
                    /** @description Bytes of the whole file; where it is missing, the body is the whole file. */
                    size?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/octet-stream": number[];
                };
            };
            responses: {
                /** @description the file is there */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Upload"];
                    };
                };
                /** @description more of it is to come */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PartialUpload"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `too_large`: the file, or what one request brings */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`: no size, or a damaged picture */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `quota` or `storage_full` */
                507: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads/{upload}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See one's own upload */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    upload: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/octet-stream": number[];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /** Give an upload up */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    upload: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        /**
         * How far an upload is
         * @description A request that still writes to it is ended first: whoever asks has given that one up.
         */
        head: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    upload: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        /** @description `?1` when the file is there, else `?0` */
                        "Upload-Complete"?: string;
                        /** @description Bytes of the whole file */
                        "Upload-Length"?: number;
                        /** @description Bytes that are there */
                        "Upload-Offset"?: number;
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        /**
         * Go on with an upload
         * @description The body is what follows in the file. What came before a request broke off is kept; `HEAD` tells how much. The
         *     request that brings the last byte is answered as `POST` is. With an empty body at the end it asks for that answer
         *     again.
         */
        patch: {
            parameters: {
                query?: never;
                header: {
                    /** @description Place in the file of the first byte of the body */
                    "Upload-Offset": number;
                };
                path: {
                    upload: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/octet-stream": number[];
                };
            };
            responses: {
                /** @description the file is there */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Upload"];
                    };
                };
                /** @description more of it is to come */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PartialUpload"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `timeout`: nothing came any more */
                408: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `upload_offset`: it stands at `offset`, or another request writes */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `too_large`: beyond the file's size, or the most of one request */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `invalid`: no offset, or a damaged picture, and the upload is over */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description `storage_full`; go on when there is room */
                507: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/users/{uid}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Somebody's card */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The person's id */
                    uid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Profile"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{uid}/avatar": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Somebody's picture */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The person's id */
                    uid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/*": number[];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{uid}/banner": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The wide picture above somebody's profile */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The person's id */
                    uid: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/*": number[];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A passkey that was added. */
        AddedPasskey: {
            /** @description Recovery codes, shown this once. None where another factor was on already. */
            codes: string[];
            passkey: components["schemas"]["Passkey"];
        };
        /** @description Somebody who asked for an account. */
        Application: {
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            created_at: number;
            display_name: string;
            handle: string;
            id: string;
            /** @description What the person said of themselves; may be empty. */
            reason: string;
        };
        /** @description Those who wait, the oldest first. */
        Applications: {
            applications: components["schemas"]["Application"][];
        };
        /** @description The application was taken down; an admin decides. */
        Applied: {
            /** @description The name that is kept for the person meanwhile. */
            handle: string;
        };
        /** @description What is to be set. */
        ApplyImport: {
            parts: components["schemas"]["ImportPart"][];
        };
        /** @description How far it is with an account that is brought here. */
        Arrival: {
            /** @description It came by its person's own key: communities may be missing. */
            by_own_key: boolean;
            /** @description The communities, by name. */
            communities: components["schemas"]["ArrivalCommunity"][];
            /** @description The domain of the home before. */
            domain: string;
            /** @description The code of what went wrong last; none where nothing did. */
            problem: string | null;
            /**
             * Format: int64
             * @description Since when, milliseconds since 1970.
             */
            since: number;
            /** @description `arriving`, `here`, `found` or `refused`. */
            state: components["schemas"]["ArrivalState"];
            /** @description What was sent there and had not reached its community. */
            unsent: string[];
            /** @description Instances that were asked for communities and have not answered. */
            waiting_for: string[];
        };
        /** @description What the owner of a community shows so that it may come here. */
        ArrivalCode: {
            /** @description For one community, once. */
            code: string;
            /**
             * Format: int64
             * @description Until when, milliseconds since 1970.
             */
            expires_at: number;
        };
        /** @description A community of somebody who was brought here. */
        ArrivalCommunity: {
            /** @description Where it is at home. */
            domain: string;
            /** @description Its id. */
            id: string;
            /** @description False where they left it before. */
            member: boolean;
            /** @description Its name. */
            name: string;
            /** @description The code of what went wrong last; none where nothing did. */
            problem: string | null;
            /** @description `waiting`, `done` or `lost`. */
            state: components["schemas"]["ArrivalTold"];
        };
        /**
         * @description How far it is with an account that is brought here.
         * @enum {string}
         */
        ArrivalState: "arriving" | "here" | "found" | "refused";
        /**
         * @description Whether a community knows.
         * @enum {string}
         */
        ArrivalTold: "waiting" | "done" | "lost";
        /** @description Servers that come here, or came. */
        Arrivals: {
            /** @description The newest first. */
            arrivals: components["schemas"]["Handover"][];
            /**
             * Format: int64
             * @description Until when the last code can be shown, milliseconds since 1970; none where there is none, or it was used.
             */
            code_until: number | null;
        };
        /** @description A ticket from another instance. */
        ArriveWith: {
            /** @description The domain of the home before. */
            domain: string;
            /** @description What it gave. */
            ticket: string;
        };
        /** @description Instances whose communities somebody is in. */
        AskInstances: {
            /** @description Their domains. */
            domains: string[];
        };
        /** @description A file of a message. */
        Attachment: {
            /** @description What it shows, in words. */
            alt: string;
            /**
             * Format: int64
             * @description Pixels, for pictures.
             */
            height: number | null;
            /** @description Id of the stored bytes. */
            id: string;
            /** @description The file's name. */
            name: string;
            /**
             * Format: int64
             * @description Bytes.
             */
            size: number;
            /** @description Shown only after a click. */
            spoiler: boolean;
            /** @description Where its small picture is read. */
            thumb_url: string | null;
            /** @description A blurred preview, base64. */
            thumbhash: string | null;
            /** @description Its media type, found by its bytes. */
            type: string;
            /** @description Where it is read. */
            url: string;
            /**
             * Format: int64
             * @description Pixels, for pictures.
             */
            width: number | null;
        };
        /** @description An authenticator as it is set up: both forms say the same. */
        AuthenticatorOffer: {
            /** @description The picture: rows of a QR code, `1` for dark. */
            qr: string[];
            /** @description The secret, in base 32, for typing in. */
            secret: string;
            /** @description The address that apps read from the picture. */
            uri: string;
        };
        /** @description Somebody who may not come back. */
        Ban: {
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            at: number;
            /** @description Who banned them. */
            by: string;
            /** @description Why; empty when nobody said. */
            reason: string;
            user: components["schemas"]["User"];
        };
        /** @description Those who may not come back. */
        Bans: {
            /** @description The newest first. */
            bans: components["schemas"]["Ban"][];
        };
        /** @description A way to a provider. */
        BeginOidc: {
            /** @description The page of this app to come back to. */
            return_to?: string;
        };
        /** @description How to begin. */
        BeginTakeover: {
            /** @description Also while the place of the community answers. */
            anyway?: boolean;
        };
        /** @description A question. */
        Challenge: {
            /**
             * Format: int32
             * @description So many bits of SHA-256 of `challenge`, a full stop and the answer are to be zero, from the first on. 0: no answer is
             *     asked for.
             */
            bits: number;
            /** @description To be sent back as it is. */
            challenge: string;
        };
        /** @description A change of a channel; what is absent stays. */
        ChangeChannel: {
            name?: string | null;
            /** @description Null takes it out of its category. */
            parent?: string | null;
            /**
             * Format: int64
             * @description Its place among the channels of its category, from 0; the others make room.
             */
            position?: number | null;
            topic?: string | null;
        };
        /** @description Another name within the domain. */
        ChangeHandle: {
            handle: string;
        };
        /** @description A change of the profile; what is absent stays. */
        ChangeMe: {
            bio?: string | null;
            display_name?: string | null;
            /** @description What only members of one's communities see: of `avatar`, `banner`, `pronouns`, `bio`. */
            members_only?: string[] | null;
            pronouns?: string | null;
        };
        /** @description A change of a member; what is absent stays. */
        ChangeMember: {
            /** @description Whether they are shown by their usual name and picture, whatever they chose for this server. */
            plain?: boolean | null;
            /** @description All roles that they are to have. */
            roles?: string[] | null;
        };
        /** @description A change of password. */
        ChangePassword: {
            /** @description Empty where there is none yet; then it is proven otherwise who is there. */
            current?: string;
            new: string;
        };
        /** @description A change of a server; what is absent stays. */
        ChangeServer: {
            description?: string | null;
            name?: string | null;
            /** @description The channel that shows who comes and goes; null for none. */
            notices?: string | null;
            public?: boolean | null;
        };
        /** @description A channel or category. */
        Channel: {
            /** @description `c_…`. */
            id: string;
            kind: components["schemas"]["ChannelKind"];
            /**
             * Format: int64
             * @description Number of the last message.
             */
            last_cn: number;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            last_message_at: number | null;
            /**
             * Format: int64
             * @description Messages among them that mention the asker.
             */
            mentions: number;
            /** @description What the asker may do in it. */
            my_permissions: string[];
            name: string;
            /** @description What it grants and denies beyond the roles. */
            overrides: components["schemas"]["Override"][];
            /** @description The category that it stands in. */
            parent: string | null;
            /**
             * Format: int64
             * @description Order among those of the same category.
             */
            position: number;
            /** @description Not everyone may see it. */
            private: boolean;
            /**
             * Format: int64
             * @description Number of the last message that the asker has read.
             */
            read_cn: number;
            topic: string;
            /**
             * Format: int64
             * @description Messages after that.
             */
            unread: number;
        };
        /**
         * @description What a channel is for.
         * @enum {string}
         */
        ChannelKind: "text" | "category";
        /** @description Another place for the own profile. */
        ChooseProfileHost: {
            /** @description The domain of an instance; this one's own brings the profile home. */
            domain: string;
        };
        /** @description A code of an authenticator app. */
        Code: {
            code: string;
        };
        /** @description The name of what is to be deleted, typed by the person. */
        ConfirmName: {
            confirm_name: string;
        };
        /** @description A new channel or category. */
        CreateChannel: {
            /** @description Roles and members who may see it although it is private. */
            allow?: string[];
            kind?: components["schemas"]["ChannelKind"] | null;
            name: string;
            /** @description The category that it stands in. */
            parent?: string | null;
            /** @description Only the owner, admins and those of `allow` see it. */
            private?: boolean;
            topic?: string;
        };
        /** @description A new invitation. */
        CreateInvite: {
            /** @description Where whoever accepts it lands. */
            channel?: string | null;
            /**
             * Format: int64
             * @description Seconds until it expires; none for never.
             */
            expires_in_s?: number | null;
            /**
             * Format: int64
             * @description How often it can be accepted; none for any number.
             */
            max_uses?: number | null;
            /** @description Roles that whoever accepts it gets. */
            roles?: string[];
        };
        /** @description A new server. */
        CreateServer: {
            description?: string;
            name: string;
            /** @description List it in the directory and let anybody join. */
            public?: boolean;
            template?: components["schemas"]["Template"];
        };
        /** @description An instance with which there would be no exchange any more. */
        Cut: {
            /** @description `blocked`, `paused`, `not_allowed` or `in_review`. */
            code: string;
            common: components["schemas"]["InCommon"];
            domain: string;
        };
        /** @description Why an instance does not speak with another one. */
        CutOff: {
            /** @description `blocked`, `paused`, `not_allowed` or `in_review`. */
            code: string;
            /** @description What the admins say about it; may be empty. */
            reason: string;
        };
        /** @description What would be cut off. */
        Cuts: {
            cuts: components["schemas"]["Cut"][];
        };
        /** @description What goes with the account. */
        DeleteMe: {
            /** @description Erase everything that one posted; otherwise it stays, under a deleted account. */
            erase: boolean;
        };
        /** @description Why a message is deleted. */
        DeleteReason: {
            /** @description Kept for the staff when the message is somebody else's. */
            reason?: string | null;
        };
        /** @description How far a deletion is. */
        DeletionProgress: {
            /**
             * Format: int64
             * @description Unix milliseconds, as the following.
             */
            asked_at: number;
            /** @description The instances that signed that they keep nothing any more, this one among them, and those that did not yet. */
            confirmed: string[];
            /** Format: int64 */
            due_at: number;
            /** @description Whether what they posted is erased, too. */
            erase: boolean;
            missing: string[];
            /**
             * Format: int64
             * @description When it was done, or it was waited for long enough.
             */
            settled_at: number | null;
            /** @description `scheduled`, `leaving`, `confirming` or `done`. */
            state: components["schemas"]["DeletionStage"];
        };
        /** @description An account that will be deleted. */
        DeletionSet: {
            /**
             * Format: int64
             * @description When; until then it can be taken back. Unix milliseconds.
             */
            due_at: number;
            /** @description Address of the page that shows how far it is, also when the account is gone. It is told this once. */
            link: string;
        };
        /**
         * @description How far a deletion is.
         * @enum {string}
         */
        DeletionStage: "scheduled" | "leaving" | "confirming" | "done";
        /** @description What the page of a deleted account asks. */
        DeletionToken: {
            /** @description From the link. */
            token: string;
        };
        /** @description Where the account is to go. */
        Depart: {
            /** @description The domain of an instance. */
            domain: string;
        };
        /** @description A community that the person left, and in which what they posted may still be. */
        Departure: {
            /** @description The instance that hosts it. */
            host: string;
            /**
             * Format: int64
             * @description Unix milliseconds.
             */
            left_at: number;
            name: string;
            /** @description The community, and how it was called. */
            sid: string;
        };
        /** @description Communities that the person left. */
        Departures: {
            /** @description The latest first; those from which everything is erased, or is being erased, are left out. */
            departures: components["schemas"]["Departure"][];
        };
        /** @description The public servers of an instance. */
        Directory: {
            domain: string;
            /**
             * Format: int64
             * @description How old the list is; milliseconds since 1970.
             */
            fetched_at: number;
            /** @description The largest first. */
            servers: components["schemas"]["DirectoryEntry"][];
        };
        /** @description A public server. */
        DirectoryEntry: {
            description: string;
            /** @description Where it lives. */
            domain: string;
            /** @description Path of the picture on this instance; none when it has none. */
            icon: string | null;
            id: string;
            /** @description The asker is a member. */
            joined: boolean;
            /** Format: int64 */
            member_count: number;
            name: string;
        };
        /** @description New text of a message. */
        EditMessage: {
            /** @description Markdown. */
            body: string;
        };
        /** @description The address of an account. */
        Email: {
            /** @description Letters go there; null for none. */
            address: string | null;
            pending: components["schemas"]["PendingEmail"] | null;
        };
        /** @description An account whose address is confirmed. */
        EmailConfirmed: {
            /** @description The account's name. */
            handle: string;
        };
        /** @description What a link holds. */
        EmailToken: {
            /** @description What stands behind the `#` of the link. */
            token: string;
        };
        /** @description What to do besides. */
        EraseMine: {
            /** @description Whether to leave the community too. */
            leave: boolean;
        };
        /** @description Something that a person asked to have erased. */
        Erasure: {
            /**
             * Format: int64
             * @description Unix milliseconds.
             */
            asked_at: number;
            /** @description Why it was refused. */
            code: string | null;
            /** @description The instances that signed that they erased it, and those that did not yet. */
            confirmed: string[];
            /** @description The instance that hosts it. */
            host: string;
            id: string;
            missing: string[];
            name: string;
            /**
             * Format: int64
             * @description When it came to its end; nothing more is expected then.
             */
            settled_at: number | null;
            /** @description The community, and how it was called. */
            sid: string;
            state: components["schemas"]["Stage"];
        };
        /** @description What somebody asked to have erased. */
        Erasures: {
            /** @description The newest first. */
            erasures: components["schemas"]["Erasure"][];
        };
        /** @description An archive of the person's data. */
        Export: {
            /** @description Why it failed, a code such as `storage_full`. */
            code: string | null;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            created_at: number;
            /**
             * Format: int64
             * @description Steps that are done.
             */
            done: number;
            /**
             * Format: int64
             * @description Until when it can be downloaded, milliseconds since 1970; none until it is ready.
             */
            expires_at: number | null;
            /** @description Its id. */
            id: string;
            /**
             * Format: int64
             * @description Bytes of the file; none until it is ready.
             */
            size: number | null;
            /** @description How it stands. */
            state: components["schemas"]["ExportState"];
            /**
             * Format: int64
             * @description Steps there are; 0 while nobody knows.
             */
            total: number;
        };
        /**
         * @description How an archive stands.
         * @enum {string}
         */
        ExportState: "queued" | "running" | "ready" | "failed" | "expired";
        /** @description The person's archives. */
        Exports: {
            /** @description The newest first. */
            exports: components["schemas"]["Export"][];
        };
        /** @description What a sign-in to this account needs besides the password, or takes in place of it. */
        Factors: {
            /** @description An authenticator app is set up. */
            authenticator: boolean;
            /** @description Oldest first. */
            passkeys: components["schemas"]["Passkey"][];
            /**
             * Format: int64
             * @description Recovery codes that were not used yet.
             */
            recovery_codes: number;
        };
        /** @description A fault of one field of the request. */
        FieldProblem: {
            /** @description The stable code. */
            code: string;
            /** @description The field's name as in the request. */
            field: string;
            /** @description What is wrong with it, in a sentence. */
            message: string;
        };
        /** @description An identity whose home is gone, or does not let go. */
        FindIdentity: {
            /** @description Domains of instances that may know it. */
            domains?: string[];
            /** @description Its id, or the address that its person had. */
            who: string;
        };
        /** @description A domain that this instance has left. */
        FormerDomain: {
            /** @description The domain. */
            domain: string;
            /**
             * Format: int64
             * @description Until when it leads here, milliseconds since 1970.
             */
            until: number;
        };
        /** @description An identity that was found. */
        FoundIdentity: {
            /**
             * @description The claim for the vault that is kept beside the profile. Whoever holds the own key signs it. None where it lay with
             *     the former home.
             */
            claim: Record<string, never> | null;
            /** @description The operation that makes this instance its home. Whoever holds its own key signs it. */
            op: Record<string, never>;
            /** @description Its id. */
            uid: string;
        };
        /** @description A single-use ticket for the live connection. */
        GatewayTicket: {
            /** @description Valid for 30 seconds. */
            ticket: string;
        };
        /** @description How far a community is that goes to another instance, or comes from one. */
        Handover: {
            /** @description The domain of the other instance: of the new one for who goes, of the old one for who comes. */
            domain: string;
            /**
             * Format: int64
             * @description Events that the new instance has verified.
             */
            events: number;
            /**
             * Format: int64
             * @description Files that it has.
             */
            files: number;
            /** @description The community. */
            id: string;
            /**
             * Format: int64
             * @description Files that were not there any more.
             */
            missing: number;
            /** @description Its name. */
            name: string;
            /**
             * Format: int64
             * @description Of so many.
             */
            of_events: number;
            /**
             * Format: int64
             * @description Of so many.
             */
            of_files: number;
            /** @description The code of what went wrong last; none where nothing did. */
            problem: string | null;
            /** @description `coming`, `here` or `stopped`; `unknown` where the new instance does not answer. */
            state: components["schemas"]["HandoverState"];
        };
        /**
         * @description How far it is.
         * @enum {string}
         */
        HandoverState: "coming" | "here" | "stopped" | "unknown";
        /** @description How somebody shows themselves in one server. */
        Here: {
            /** @description Path of the picture there; none for the usual one. */
            avatar: string | null;
            /** @description The name there; none for the usual one. */
            display_name: string | null;
        };
        /** @description Profiles that are kept for people of one instance. */
        HostedHome: {
            /** @description The domain of their home. */
            domain: string;
            /**
             * Format: int64
             * @description How many.
             */
            profiles: number;
            /**
             * Format: int64
             * @description Since when there are any, milliseconds since 1970.
             */
            since: number;
        };
        /** @description Profiles that this instance keeps for others. */
        HostedProfiles: {
            /** @description By their homes, the most first. */
            homes: components["schemas"]["HostedHome"][];
            /** Format: int32 */
            max_per_instance: number;
            /**
             * Format: int32
             * @description The most of all, and of one instance.
             */
            max_profiles: number;
            /** @description Whether more are taken. */
            offered: boolean;
        };
        /** @description Whether the place where a community lives answers. */
        HubStatus: {
            /** @description What is shown may be older than what is there. */
            catching_up: boolean;
            cut_off?: components["schemas"]["CutOff"] | null;
            reachable: boolean;
            /**
             * Format: int64
             * @description Since when it does not, milliseconds since 1970.
             */
            since?: number | null;
            /**
             * Format: int64
             * @description The asker's own actions that wait for it here.
             */
            waiting: number;
        };
        /** @description The identity of the signed-in person. */
        Identity: {
            /** @description Hash of the last operation of their chain, in hexadecimal digits. */
            head: string;
            /** @description The last operation, without its signature: what the next one begins with. */
            last: Record<string, never>;
            /** @description Their own public key, in base64; none where there is none. */
            own_key: string | null;
            /** @description Their id. */
            uid: string;
        };
        /** @description A community that somebody was in at the other instance. */
        ImportCommunity: {
            /** @description Where it is at home. */
            domain: string;
            /** @description Its id. */
            id: string;
            /** @description The person is in it here already. */
            joined: boolean;
            /** @description What it was called. */
            name: string;
            /** @description Anybody could join it. */
            public: boolean;
        };
        /**
         * @description A part of what was brought along.
         * @enum {string}
         */
        ImportPart: "display_name" | "pronouns" | "bio" | "picture" | "banner" | "settings";
        /** @description What an archive would bring. */
        ImportPreview: {
            /** @description The wide picture above the profile, in the same way. */
            banner: string | null;
            /** @description What the person says about themselves; empty for nothing. */
            bio: string;
            /** @description Where the person was a member. */
            communities: components["schemas"]["ImportCommunity"][];
            /** @description The name to show. */
            display_name: string;
            /** @description The instance there. */
            domain: string;
            /** @description The name there. */
            handle: string;
            /** @description Names it, for an hour. */
            id: string;
            /**
             * Format: int64
             * @description When the archive was made, milliseconds since 1970.
             */
            made_at: number;
            /** @description The picture as a `data:` address; none where there is none. */
            picture: string | null;
            /** @description Pronouns; empty for none. */
            pronouns: string;
            /** @description Settings of the client. */
            settings: Record<string, never>;
        };
        /** @description What this instance has in common with another one. */
        InCommon: {
            /** @description Names of communities with people of both, or hosted there; the first twenty. */
            communities: string[];
            /**
             * Format: int64
             * @description How many there are.
             */
            community_count: number;
            /**
             * Format: int64
             * @description People of this instance in them.
             */
            people_here: number;
            /**
             * Format: int64
             * @description People of the other one in them.
             */
            people_there: number;
        };
        /** @description What everybody may know about this instance. */
        Instance: {
            /** @description The domain in everybody's address. */
            domain: string;
            /** @description Whether accounts have an e-mail address: `off`, `optional` or `required`. */
            email: components["schemas"]["InstanceEmail"];
            former_domain: components["schemas"]["FormerDomain"] | null;
            /** @description Plain http from another machine: signing in is refused. */
            insecure: boolean;
            limits: components["schemas"]["InstanceLimits"];
            /** @description Whether somebody who lost their password gets a link by mail. */
            mail: boolean;
            /** @description The name that people see. */
            name: string;
            /** @description Passkeys work here: the address has a name. */
            passkeys: boolean;
            /** @description Who may create an account: `open`, `invite`, `approval` or `closed`. */
            registration: components["schemas"]["InstanceRegistration"];
            /** @description Other services to sign in with. */
            services: components["schemas"]["SignInService"][];
            /** @description There is no admin yet: the set-up page comes first. */
            setup_required: boolean;
            /** @description Whether the asker is signed in. */
            signed_in: boolean;
            /** @description The version of the program. */
            version: string;
        };
        /**
         * @description Whether accounts have an e-mail address.
         * @enum {string}
         */
        InstanceEmail: "off" | "optional" | "required";
        /** @description Limits that a client can show before they are hit. */
        InstanceLimits: {
            /**
             * Format: int64
             * @description Seconds for which the token of a session is good.
             */
            access_s: number;
            /** @description Files per message. */
            attachments: number;
            /** @description Longest message, in characters. */
            message_chars: number;
            /** @description Shortest password, in characters. */
            password_min: number;
            /**
             * Format: int64
             * @description Largest file, in bytes.
             */
            upload_bytes: number;
        };
        /**
         * @description Who may create an account.
         * @enum {string}
         */
        InstanceRegistration: "open" | "invite" | "approval" | "closed";
        /** @description An invitation to a server. */
        Invite: {
            /** @description Who made it. */
            by: string;
            /** @description Where whoever accepts it lands. */
            channel: string | null;
            /** @description Only for whoever made it. */
            code: string | null;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            created_at: number;
            /**
             * Format: int64
             * @description Milliseconds since 1970; none when it does not expire.
             */
            expires_at: number | null;
            id: string;
            /**
             * Format: int64
             * @description How often it can be accepted; none for any number.
             */
            max_uses: number | null;
            revoked: boolean;
            /** @description Roles that whoever accepts it gets. */
            roles: string[];
            /** @description The link; only for whoever made it. */
            url: string | null;
            /** Format: int64 */
            uses: number;
        };
        /** @description What an invitation leads to. */
        InvitePreview: {
            already_member: boolean;
            /** @description The channel that it leads to. */
            channel_name: string | null;
            code: string;
            /** @description Where the server lives. */
            domain: string;
            /**
             * Format: int64
             * @description Milliseconds since 1970; none when it does not expire.
             */
            expires_at: number | null;
            inviter: components["schemas"]["InviterName"] | null;
            server: components["schemas"]["InvitedServer"];
            /** @description The signature of the instance where the server lives was checked. */
            verified: boolean;
        };
        /** @description A server as an invitation shows it. */
        InvitedServer: {
            description: string;
            /** @description Path of the picture on this instance; none when it has none. */
            icon: string | null;
            id: string;
            /** Format: int64 */
            member_count: number;
            name: string;
        };
        /** @description Who invites. */
        InviterName: {
            display_name: string;
            domain: string;
            handle: string;
        };
        /** @description Invitations. */
        Invites: {
            /** @description The newest first. */
            invites: components["schemas"]["Invite"][];
        };
        /** @description An instance that this one has met. */
        KnownPeer: {
            domain: string;
            /** @description It answered last time. */
            reachable: boolean;
        };
        /** @description Instances that this one has met. */
        KnownPeers: {
            peers: components["schemas"]["KnownPeer"][];
        };
        /** @description A service with which the person can sign in. */
        LinkedService: {
            /** @description How it names the person; none where it is not linked. */
            label: string | null;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            linked_at: number | null;
            /** @description Its name for people. */
            name: string;
            /** @description The provider's id. */
            provider: string;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            used_at: number | null;
        };
        /** @description Services for signing in. */
        LinkedServices: {
            services: components["schemas"]["LinkedService"][];
        };
        /** @description An entry of a list. */
        ListEntry: {
            pattern: string;
            reason: string;
        };
        /** @description What taking a list over changes. */
        ListPreview: {
            /** @description Entries that were not blocked here before. */
            added: components["schemas"]["ListEntry"][];
            cuts: components["schemas"]["Cut"][];
            /** @description Whose list it is. */
            domain: string;
            /**
             * Format: int64
             * @description How many entries it has.
             */
            entries: number;
            /**
             * Format: int64
             * @description When it was made; milliseconds since 1970.
             */
            issued_at: number;
            /** @description Entries about which an admin of this instance decided already: that stays. */
            kept: string[];
            /** @description Rules taken from an older list of the same instance that are gone from this one. */
            removed: string[];
        };
        /** @description The signed-in person. */
        Me: {
            /** @description May administer the instance. */
            admin: boolean;
            /**
             * Format: int64
             * @description People who wait to be let in; for admins of the instance.
             */
            applications: number;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            created_at: number;
            /**
             * Format: int64
             * @description When the account is deleted, unless that is taken back; milliseconds since 1970.
             */
            deleted_at: number | null;
            /** @description Their e-mail address. */
            email: components["schemas"]["Email"];
            /**
             * Format: int64
             * @description Other instances that wait to be let in; for admins of the instance.
             */
            instances_waiting: number;
            /** @description What only members of their communities see: `avatar`, `banner`, `pronouns`, `bio`. */
            members_only: string[];
            /** @description They hold a key of their own, above those that this instance holds for them. */
            own_key: boolean;
            /** @description There is a password. Otherwise they sign in with another service. */
            password: boolean;
            /**
             * Format: int64
             * @description Sign-ins that nobody has said yet to know of, this one perhaps among them.
             */
            unknown_sign_ins: number;
            /** @description As others see them. */
            user: components["schemas"]["User"];
        };
        /** @description A member of a server. */
        Member: {
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            joined_at: number;
            /** @description Shown by their usual name and picture, whatever they chose for this server: so a moderator said. */
            plain: boolean;
            presence: components["schemas"]["Presence"];
            /** @description Role ids; the role that everyone has is not among them. */
            roles: string[];
            user: components["schemas"]["User"];
        };
        /** @description A page of members. */
        Members: {
            /** @description Where the next page begins; none on the last. */
            cursor: string | null;
            /** @description In the order of joining. */
            members: components["schemas"]["Member"][];
            /**
             * Format: int64
             * @description How many there are on all pages.
             */
            total: number;
        };
        /** @description A message. */
        Message: {
            /** @description Its files. */
            attachments: components["schemas"]["Attachment"][];
            /** @description Who wrote it. */
            author: string;
            /** @description Markdown; empty when deleted. */
            body: string;
            /** @description The channel. */
            channel: string;
            /**
             * Format: int64
             * @description Number in its channel, from 1; none while it waits.
             */
            cn: number | null;
            /** @description Whether its content is gone. */
            deleted: boolean;
            /**
             * Format: int64
             * @description When it was last edited, milliseconds since 1970.
             */
            edited_at: number | null;
            /** @description Why it was refused. */
            error_code: string | null;
            /** @description The message's id. */
            id: string;
            /** @description Actors, role ids, `everyone` or `here`. */
            mentions: string[];
            /** @description The sender's own number, for own messages only. */
            nonce: string | null;
            /** @description Its reactions, the oldest first. */
            reactions: components["schemas"]["Reaction"][];
            reply_to: components["schemas"]["ReplyRef"] | null;
            /**
             * Format: int64
             * @description Position in the community's log; none while it waits.
             */
            seq: number | null;
            /** @description The community. */
            sid: string;
            /** @description Where it is on its way. */
            state: components["schemas"]["MessageState"];
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            ts: number;
            /** @description Its content is not shown, because this instance blocks the one that its author is at home on. */
            withheld?: boolean;
        };
        /** @description A run of messages, oldest first. */
        MessagePage: {
            /** @description Whether newer ones exist. */
            has_after: boolean;
            /** @description Whether older ones exist. */
            has_before: boolean;
            /** @description Some are missing, because the community's own instance cannot be reached. */
            incomplete?: boolean;
            /** @description The messages. */
            messages: components["schemas"]["Message"][];
            /** @description Who came and went between them, where the channel shows that: oldest first, to be sorted in by `seq`. */
            notices: components["schemas"]["Notice"][];
            /** @description Everybody who appears in them. */
            users: components["schemas"]["User"][];
        };
        /**
         * @description Where a message is on its way.
         * @enum {string}
         */
        MessageState: "sent" | "pending" | "rejected" | "expired" | "orphaned";
        /** @description An instance that was met. */
        MetInstance: {
            common: components["schemas"]["InCommon"];
            domain: string;
            /**
             * Format: int64
             * @description When it was last heard from or answered; milliseconds since 1970.
             */
            last_contact: number;
            /** @description What went wrong last. */
            last_error: string | null;
            /**
             * Format: int64
             * @description For how long it may send less because it is new; milliseconds.
             */
            new_for_ms: number;
            /** @description Why there is no exchange with it: `blocked`, `paused`, `not_allowed` or `in_review`. */
            refused: string | null;
            /** @description `answers`, `away`, `down` or `dormant`. */
            standing: string;
        };
        /**
         * @description With whom this instance speaks; the later, the stricter.
         * @enum {string}
         */
        Mode: "open" | "review" | "allowlist" | "closed";
        /** @description Where a community is to live. */
        MoveServer: {
            /** @description What somebody at the new place gave to the owner. */
            code: string;
            /** @description The name of the community, typed by the person. */
            confirm_name: string;
        };
        /** @description What the new home is shown. */
        MoveTicket: {
            /** @description The domain of the new home. */
            domain: string;
            /**
             * Format: int64
             * @description Until when, milliseconds since 1970.
             */
            expires_at: number;
            /** @description The page there that takes the ticket. */
            link: string;
            /** @description For that instance alone, once. */
            ticket: string;
        };
        /** @description A file of a new message. */
        NewAttachment: {
            /** @description What it shows, in words. */
            alt?: string;
            /** @description Shown only after a click. */
            spoiler?: boolean;
            /** @description The upload. */
            upload: string;
        };
        /** @description A new message. */
        NewMessage: {
            /** @description Files that were uploaded before. */
            attachments?: components["schemas"]["NewAttachment"][];
            /** @description Markdown. */
            body?: string;
            /** @description A number or text of the sender's own, at most 64 characters: sent again, it is the same message. */
            nonce: string;
            /** @description Whether the author of the answered message is notified. */
            ping?: boolean;
            /** @description The id of the message that it answers. */
            reply_to?: string | null;
        };
        /** @description A passkey that a browser made. */
        NewPasskey: {
            /** @description What `navigator.credentials.create` gave, as JSON. */
            credential: Record<string, never>;
            /** @description What the person calls it. */
            name: string;
        };
        /** @description Somebody came or went. Nothing to answer, to edit or to count as unread. */
        Notice: {
            /** @description The action's id; several people can go by one. */
            id: string;
            kind: components["schemas"]["NoticeKind"];
            /**
             * Format: int64
             * @description Position in the community's log, between those of the messages.
             */
            seq: number;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            ts: number;
            /** @description Who it is about. */
            user: string;
        };
        /**
         * @description How somebody came or went.
         * @enum {string}
         */
        NoticeKind: "joined" | "left" | "kicked" | "banned";
        /** @description Somebody whom a service has named and who has no account yet. */
        OidcArrival: {
            /** @description A name for people. */
            display_name: string;
            /** @description A name for the account, to be changed at will. */
            handle: string;
            /** @description How it names the person. */
            label: string;
            /** @description The page of this app where they wanted to go. */
            return_to: string;
            /** @description The service's name for people. */
            service: string;
        };
        /** @description What came behind the `#`. */
        OidcTicket: {
            ticket: string;
        };
        /** @description Where the browser goes next. */
        OidcWay: {
            /** @description The address at the provider. */
            url: string;
        };
        /** @description A claim for a vault. */
        OpenVault: {
            /** @description Signed. */
            claim: Record<string, never>;
        };
        /** @description What a channel grants or denies one role or one person. */
        Override: {
            allow: string[];
            deny: string[];
            /** @description A role or a member. */
            target: string;
        };
        /** @description An upload that is not whole yet. */
        PartialUpload: {
            /**
             * Format: int64
             * @description The most that one request may bring, in bytes.
             */
            chunk_bytes: number;
            /**
             * Format: int64
             * @description When it is given up if nothing more comes, in milliseconds since 1970.
             */
            expires_at: number;
            /**
             * Format: int64
             * @description Bytes that are there: the place at which it goes on.
             */
            offset: number;
            /**
             * Format: int64
             * @description Bytes of the whole file.
             */
            size: number;
            /** @description Names the upload. */
            upload: string;
        };
        /** @description A passkey of the person. */
        Passkey: {
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            created_at: number;
            /** @description The credential's id, in base64url. */
            id: string;
            name: string;
            /**
             * Format: int64
             * @description When it signed in or proved who is there, milliseconds since 1970.
             */
            used_at?: number | null;
        };
        /** @description A new name of a passkey. */
        PasskeyName: {
            name: string;
        };
        /** @description An address that is not confirmed yet. */
        PendingEmail: {
            /** @description In small letters. */
            address: string;
            /** @description There is no such mailbox, its server says. */
            refused: boolean;
        };
        /** @description One's own messages that have not arrived. */
        PendingMessages: {
            /** @description In the order of sending. */
            pending: components["schemas"]["Message"][];
        };
        /**
         * @description Whether somebody is there.
         * @enum {string}
         */
        Presence: "offline" | "idle" | "dnd" | "online";
        /** @description An error that a person or a program can act on. Codes are a contract: they do not change. */
        Problem: {
            /** @description The stable code. */
            code: string;
            /** @description What happened and what to do, in a sentence. */
            detail?: string | null;
            /** @description The instance that it is about. */
            domain?: string | null;
            /** @description Faults of single fields of the request. */
            fields?: components["schemas"]["FieldProblem"][] | null;
            /** @description The request's id, as in the log. */
            request_id?: string | null;
            /**
             * Format: int64
             * @description When trying again may help, in milliseconds from now.
             */
            retry_after_ms?: number | null;
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /** @description What happened, in a few words. */
            title: string;
            /** @description Address of the description: `https://conntext.dev/e/<code>`. */
            type: string;
        };
        /** @description Somebody, as much as their card shows. */
        Profile: {
            /** @description Path of the wide picture above the card on this instance; none when they have none. */
            banner: string | null;
            /** @description What they say about themselves. */
            bio: string;
            /**
             * Format: int64
             * @description How old this copy is; milliseconds since 1970.
             */
            fetched_at: number;
            /**
             * Format: int64
             * @description When their account was made, for people of this instance; milliseconds since 1970.
             */
            joined_at?: number | null;
            /** @description Communities that both are members of. */
            mutual_servers: string[];
            /** @description Their pronouns; empty for none. */
            pronouns: string;
            /** @description The person. */
            user: components["schemas"]["User"];
        };
        /** @description An instance that keeps profiles of people of this one. */
        ProfileHostOffer: {
            /** @description Its domain. */
            domain: string;
            /** @description Its name. */
            name: string;
            /** @description Whether it takes one more. */
            open: boolean;
            /** @description What whoever chooses it agrees to; may be empty. */
            terms: string;
        };
        /** @description Instances that offer to keep profiles. */
        ProfileHosts: {
            hosts: components["schemas"]["ProfileHostOffer"][];
        };
        /** @description An instance that somebody chose for their profile. */
        ProfilePlace: {
            /** @description It has signed that it keeps nothing any more. */
            confirmed: boolean;
            /** @description Its domain. */
            domain: string;
            /** @description The code of what went wrong last; none where nothing did. */
            problem: string | null;
            /**
             * Format: int64
             * @description Since when, milliseconds since 1970.
             */
            since: number;
            /** @description `moving`, `kept`, `leaving`, `left` or `refused`. */
            state: components["schemas"]["ProfilePlaceState"];
        };
        /**
         * @description How far it is with a place.
         * @enum {string}
         */
        ProfilePlaceState: "moving" | "kept" | "leaving" | "left" | "refused";
        /** @description Where the profile of the signed-in person lies. */
        ProfilePlaces: {
            /** @description The domain of the instance that keeps it. */
            domain: string;
            /** @description That is this one. */
            home: boolean;
            /** @description The other instances that were chosen, now or before; the newest first. */
            places: components["schemas"]["ProfilePlace"][];
        };
        /** @description What proves who is there. */
        Proof: {
            /** @description With the password, where there is a second factor: a code of the authenticator app, or a recovery code. */
            code?: string | null;
            /** @description What `navigator.credentials.get` gave, as JSON. */
            passkey?: Record<string, never> | null;
            /** @description The password, unless a passkey proves it. */
            password?: string | null;
        };
        /** @description An address for one's account. */
        PutEmail: {
            email: string;
        };
        /** @description Everybody who gave the same reaction. */
        Reaction: {
            /**
             * Format: int64
             * @description How many.
             */
            count: number;
            /** @description The emoji, or the id of a community's own. */
            emoji: string;
            /** @description Whether the asker is among them. */
            me: boolean;
            /** @description The first ten. */
            users: string[];
        };
        /** @description Everybody who gave a reaction. */
        ReactionUsers: {
            /** @description In the order of giving. */
            users: components["schemas"]["User"][];
        };
        /** @description A message by its number in the channel. */
        ReadMark: {
            /**
             * Format: int64
             * @description The message's number.
             */
            cn: number;
        };
        /** @description Why somebody is sent away. Moderators can read it. */
        Reason: {
            reason?: string | null;
        };
        /** @description A recovery link that is used. */
        Recover: {
            /** @description The new password. */
            password: string;
            /** @description What stands behind the `#` of the link. */
            token: string;
        };
        /** @description Somebody who lost their password. */
        RecoverBy: {
            /** @description The name or the e-mail address of the account. */
            who: string;
        };
        /** @description An identity that comes by its own key. */
        RecoverWith: {
            /** @description Domains of instances whose communities its person is in. */
            domains?: string[];
            /** @description The operation, signed. */
            op: Record<string, never>;
            /** @description What the vault held, opened. */
            vault?: Record<string, never> | null;
        };
        /** @description New recovery codes, shown this once. */
        RecoveryCodes: {
            /** @description None where another factor was on already: its codes go on. */
            codes: string[];
        };
        /** @description A key by which a community goes on elsewhere. */
        RecoveryKey: {
            /** @description Who holds it; none where that is not known. */
            holder: string | null;
            /** @description The public key, in base64. */
            key: string;
            /** @description Its short name, which signatures carry. */
            kid: string;
            /** @description What they are called; none where that is not known. */
            name: string | null;
            /** @description Whether it has signed the take-over. */
            signed: boolean;
        };
        /** @description Who can have a community go on elsewhere. */
        RecoveryKeys: {
            /** @description Keys of those who manage the community. */
            candidates: components["schemas"]["RecoveryKey"][];
            /** @description The keys that count. */
            keys: components["schemas"]["RecoveryKey"][];
            /**
             * Format: int64
             * @description How often they changed.
             */
            n: number;
            /**
             * Format: int64
             * @description How many of them have to sign.
             */
            needed: number;
        };
        /** @description A signature of a recovery key. */
        RecoverySignature: {
            /** @description The key's short name. */
            kid: string;
            /** @description The signature, in base64. */
            sig: string;
        };
        /** @description New tokens. */
        Refresh: {
            /** @description For programs; browsers have it in a cookie. */
            refresh_token?: string | null;
        };
        /** @description A new account. */
        Register: {
            /** @description The name of the device, for the list of sessions. */
            device?: string | null;
            display_name?: string | null;
            /** @description An e-mail address, where one is optional; a letter goes there. */
            email?: string | null;
            /** @description Where an address is required: from the link that came by mail. */
            email_token?: string | null;
            handle: string;
            /** @description The code of an invitation to this instance, where registration is by invitation; where an admin decides, it spares that. */
            invite?: string | null;
            kind?: components["schemas"]["SessionKind"] | null;
            password: string;
            /** @description What the person says of themselves, where an admin decides. */
            reason?: string | null;
            work?: components["schemas"]["Work"] | null;
        };
        /** @description Somebody who wants an account. */
        RegisterEmail: {
            email: string;
            work?: components["schemas"]["Work"] | null;
        };
        /** @description A confirmed address. */
        RegisterEmailFound: {
            email: string;
        };
        /** @description What a message answers. */
        ReplyRef: {
            /** @description Who wrote it; none where this instance does not have it. */
            author: string | null;
            /**
             * Format: int64
             * @description Its number in the channel.
             */
            cn: number | null;
            /** @description Whether it is gone. */
            deleted: boolean;
            /** @description How it begins. */
            excerpt: string | null;
            /** @description The message's id. */
            id: string;
        };
        /** @description A role. */
        Role: {
            /**
             * Format: int64
             * @description `0xRRGGBB`; none for the usual colour.
             */
            colour: number | null;
            /** @description The role that every member has. */
            everyone: boolean;
            /** @description Its members are listed apart. */
            hoist: boolean;
            /** @description `r_…`. */
            id: string;
            mentionable: boolean;
            name: string;
            /** @description Names of what it permits. */
            permissions: string[];
            /**
             * Format: int64
             * @description Higher beats lower; everyone's role is 0.
             */
            position: number;
        };
        /** @description A new role, or a change of one: what is absent stays. */
        RoleFields: {
            /**
             * Format: int64
             * @description `0xRRGGBB`; null takes the colour away.
             */
            colour?: number | null;
            hoist?: boolean | null;
            mentionable?: boolean | null;
            name?: string | null;
            /** @description Names of what it permits. */
            permissions?: string[] | null;
            /**
             * Format: int64
             * @description Higher beats lower, from 1.
             */
            position?: number | null;
        };
        /** @description A vault. */
        SealedVault: {
            /** @description Sealed to the own key, base64; `vault` in the protocol says how. */
            vault: string;
        };
        /** @description The password was right; a code is asked for as well. */
        SecondStep: {
            /** @description There is an authenticator app: it shows a code. */
            authenticator: boolean;
            /**
             * Format: int64
             * @description Until when, milliseconds since 1970.
             */
            expires_at: number;
            /** @description There is a passkey: it signs in by itself. */
            passkey: boolean;
            /** @description Goes with the code to `/sessions/code`. It signs nobody in by itself. */
            sign_in: string;
        };
        /** @description A community, as one of its members sees it. */
        Server: {
            /** @description The channels and categories that the asker may see, in order. */
            channels: components["schemas"]["Channel"][];
            description: string;
            /**
             * Format: int64
             * @description How often its log went on without a part of itself. In another epoch the same number may stand for another event.
             */
            epoch: number;
            hub: components["schemas"]["HubStatus"];
            /** @description Where it lives. */
            hub_domain: string;
            /** @description It lives on this instance. */
            hub_is_here: boolean;
            /** @description Path of the picture on this instance; none when it has none. */
            icon: string | null;
            /** @description `s_…`. */
            id: string;
            /** Format: int64 */
            member_count: number;
            /** @description The domain of the instance that the owner has it moved to; none while it stays. */
            moving_to: string | null;
            /** @description Who the asker is in it. */
            my_actor: string;
            /** @description What the asker may do in the server as a whole. */
            my_permissions: string[];
            /** @description The asker's roles. */
            my_roles: string[];
            name: string;
            /** @description The channel among them that shows who comes and goes; none where that is off. */
            notices: string | null;
            /** @description The member who owns it; empty when nobody does. */
            owner: string;
            /** @description Listed in the directory and joined without an invitation. */
            public: boolean;
            /** @description All roles, the highest first. */
            roles: components["schemas"]["Role"][];
            /**
             * Format: int64
             * @description Number of the last event; live events go on from there.
             */
            seq: number;
        };
        /** @description The order in which the person lists their servers. */
        ServerOrder: {
            /** @description Server ids; those that are missing come last. */
            sids: string[];
        };
        /** @description Communities. */
        Servers: {
            servers: components["schemas"]["Server"][];
        };
        /** @description A device on which the person is signed in. */
        Session: {
            /** @description The network address that it was last seen with. */
            address: string;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            created_at: number;
            /** @description The session that asks. */
            current: boolean;
            /** @description What the device called itself, or what its browser is. */
            device: string;
            id: string;
            kind: components["schemas"]["SessionKind"];
            /**
             * Format: int64
             * @description Milliseconds since 1970, to about a minute.
             */
            last_seen_at: number;
            /** @description A sign-in that nobody has said yet to know of. */
            unknown: boolean;
        };
        /** @description A new session. */
        SessionCreated: components["schemas"]["Tokens"] & {
            /** @description Who is signed in now. */
            me: components["schemas"]["Me"];
        };
        /**
         * @description How a session is carried.
         * @enum {string}
         */
        SessionKind: "cookie" | "bearer";
        /** @description The person's sessions. */
        Sessions: {
            sessions: components["schemas"]["Session"][];
        };
        /** @description Another mode. */
        SetMode: {
            /** @description Instances with which there are communities in common are allowed, so that nothing is cut off. */
            keep_known?: boolean;
            mode: components["schemas"]["Mode"];
        };
        /** @description What a channel grants and denies. */
        SetOverride: {
            allow?: string[];
            deny?: string[];
        };
        /** @description A key of one's own. */
        SetOwnKey: {
            /** @description `{uid, prev, key, sig}`: signed by the new key. */
            claim: Record<string, never>;
            /**
             * @description Where there is an own key already: the operation of the identity that puts the new one in its place, signed by the
             *     one before.
             */
            op?: Record<string, never> | null;
        };
        /** @description Other recovery keys. */
        SetRecoveryKeys: {
            /** @description The public keys, in base64: such as count now, or of somebody who manages the server. */
            keys: string[];
            /** @description Where there are keys already: what more than half of them signed, which is `{sid, n, keys}` with the next `n`. */
            sigs?: components["schemas"]["RecoverySignature"][];
        };
        /** @description What a rule is to say. */
        SetRule: {
            note?: string;
            /**
             * Format: int32
             * @description 100 for what is usual.
             */
            percent?: number;
            reason?: string;
            verdict: components["schemas"]["Verdict"];
        };
        /** @description Another name for this server. */
        SetServerName: {
            /** @description Empty for the usual one. */
            display_name: string;
        };
        /** @description The first run. */
        SetUp: {
            /** @description The name of the device, for the list of sessions. */
            device?: string | null;
            display_name?: string | null;
            handle: string;
            /** @description The name of the instance that people see. */
            instance_name?: string | null;
            password: string;
            /** @description From the set-up address. */
            token: string;
        };
        /** @description A newcomer's account. */
        SettleOidc: {
            /** @description The name of the device, for the list of sessions. */
            device?: string | null;
            display_name?: string;
            handle: string;
            ticket: string;
        };
        /** @description A sign-in. */
        SignIn: {
            /** @description The name of the device, for the list of sessions. */
            device?: string | null;
            /** @description The name, with or without the domain. */
            handle: string;
            kind?: components["schemas"]["SessionKind"] | null;
            password: string;
        };
        /** @description The second step of a sign-in. */
        SignInCode: {
            /** @description A code of the authenticator app, or a recovery code. */
            code: string;
            /** @description The name of the device, for the list of sessions. */
            device?: string | null;
            kind?: components["schemas"]["SessionKind"] | null;
            /** @description From the answer to the first step. */
            sign_in: string;
        };
        /** @description A sign-in with a passkey. */
        SignInPasskey: {
            /** @description What `navigator.credentials.get` gave for the options of `/passkeys/options`, as JSON. */
            credential: Record<string, never>;
            /** @description The name of the device, for the list of sessions. */
            device?: string | null;
            kind?: components["schemas"]["SessionKind"] | null;
        };
        /** @description Another service to sign in with. */
        SignInService: {
            /** @description For `/oidc/{provider}/sign-in`. */
            id: string;
            /** @description The name that people see. */
            name: string;
        };
        /** @description What recovery keys signed. */
        SignTakeover: {
            /** @description The signatures. */
            sigs: components["schemas"]["RecoverySignature"][];
        };
        /**
         * @description How far something is that was asked for.
         * @enum {string}
         */
        Stage: "waiting" | "erasing" | "done" | "refused" | "unknown";
        /** @description What would count. */
        Supposed: {
            mode?: components["schemas"]["Mode"] | null;
            rule?: components["schemas"]["SupposedRule"] | null;
        };
        /** @description A rule that would count. */
        SupposedRule: {
            pattern: string;
            verdict: components["schemas"]["Verdict"];
        };
        /** @description A list of another instance that was taken over. */
        TakenList: {
            /** @description Whose. */
            domain: string;
            /**
             * Format: int64
             * @description When it was made; milliseconds since 1970.
             */
            issued_at: number;
            /**
             * Format: int64
             * @description How many rules come from it.
             */
            rules: number;
            /**
             * Format: int64
             * @description When it was taken over; milliseconds since 1970.
             */
            taken_at: number;
        };
        /**
         * @description How far it is.
         * @enum {string}
         */
        TakeoverState: "none" | "signing" | "collecting" | "restoring" | "here" | "stopped";
        /** @description How far it is that a community whose place is gone goes on here. */
        TakeoverStatus: {
            /**
             * Format: int64
             * @description When the last event happened that counts, milliseconds since 1970; none before somebody began.
             */
            base_at: number | null;
            /**
             * Format: int64
             * @description Events that others gave.
             */
            events: number;
            /**
             * Format: int64
             * @description Files that are here.
             */
            files: number;
            /** @description Where it lives, or lived. */
            hub_domain: string;
            /** @description It lives on this instance. */
            hub_is_here: boolean;
            /** @description The server. */
            id: string;
            /** @description The recovery keys. */
            keys: components["schemas"]["RecoveryKey"][];
            /**
             * Format: int64
             * @description Messages that nobody has any more.
             */
            lost: number;
            /** @description Whether the asker began it. */
            mine: boolean;
            /**
             * Format: int64
             * @description Files that nobody has any more.
             */
            missing: number;
            /** @description Its name. */
            name: string;
            /**
             * Format: int64
             * @description How many of them have to sign.
             */
            needed: number;
            /**
             * Format: int64
             * @description Of so many.
             */
            of_files: number;
            /** @description The code of what went wrong last; none where nothing did. */
            problem: string | null;
            /** @description The instances that did not answer: what only they hold is lost. */
            silent: string[];
            /** @description `none`, `signing`, `collecting`, `restoring`, `here` or `stopped`. */
            state: components["schemas"]["TakeoverState"];
            /** @description What the holders of the keys sign; none where nothing is to be signed. */
            statement: Record<string, never> | null;
        };
        /**
         * @description What a new server begins with.
         * @enum {string}
         */
        Template: "blank" | "community";
        /** @description The tokens of a session. */
        Tokens: {
            /**
             * Format: int64
             * @description For so many seconds the token counts.
             */
            expires_in_s: number;
            /** @description For `/sessions/refresh`, once; likewise. */
            refresh_token?: string | null;
            /** @description For requests; for programs only, browsers have it in a cookie. */
            token?: string | null;
        };
        /** @description A rule about other instances. */
        TrustRule: {
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            changed_at: number;
            /** @description The instance whose list it was taken from; none where an admin made it. */
            list: string | null;
            /** @description For admins only. */
            note: string;
            /** @description A domain, or `*.` and a domain for everything below it. */
            pattern: string;
            /**
             * Format: int32
             * @description What may come from there, of what is usual, in percent.
             */
            percent: number;
            /** @description Shown to people of this instance, and part of the list that others can take over. */
            reason: string;
            /** @description What it says. */
            verdict: components["schemas"]["Verdict"];
        };
        /** @description With whom this instance speaks. */
        TrustSettings: {
            /** @description What the configuration allows. */
            configured_allow: string[];
            /** @description What the configuration blocks. */
            configured_deny: string[];
            /** @description What the configuration says: the mode can only be made stricter. */
            configured_mode: components["schemas"]["Mode"];
            instances: components["schemas"]["MetInstance"][];
            lists: components["schemas"]["TakenList"][];
            mode: components["schemas"]["Mode"];
            rules: components["schemas"]["TrustRule"][];
            /** @description The oldest first. */
            waiting: components["schemas"]["WaitingInstance"][];
        };
        /** @description A file on its way into a message. */
        Upload: {
            /**
             * Format: int64
             * @description Pixels, for pictures.
             */
            height: number | null;
            /** @description Id of the stored bytes. */
            id: string;
            /** @description The file's name. */
            name: string;
            /** @description Where its owner sees it, for pictures. */
            preview_url: string | null;
            /**
             * Format: int64
             * @description Bytes as stored.
             */
            size: number;
            /** @description A blurred preview, base64. */
            thumbhash: string | null;
            /** @description Its media type, found by its bytes. */
            type: string;
            /** @description Names the upload in a new message. */
            upload: string;
            /**
             * Format: int64
             * @description Pixels, for pictures.
             */
            width: number | null;
        };
        /** @description Somebody, as much as a list shows. */
        User: {
            /** @description Path of the picture on this instance; none when they have none. */
            avatar: string | null;
            /** @description The account was deleted: there is no name any more. */
            deleted: boolean;
            /** @description The name to show. */
            display_name: string;
            /** @description Where they are at home. */
            domain: string;
            /** @description The name within the domain. */
            handle: string;
            here?: components["schemas"]["Here"] | null;
            /** @description `u_…`, `a_…` or `p_…`. */
            id: string;
            /** @description What they are. */
            kind: components["schemas"]["UserKind"];
            /** @description At home on this instance. */
            local: boolean;
        };
        /**
         * @description What an actor is.
         * @enum {string}
         */
        UserKind: "user" | "anonymous" | "persona";
        /**
         * @description What a rule says.
         * @enum {string}
         */
        Verdict: "allow" | "pause" | "block";
        /** @description An instance that waits for a decision. */
        WaitingInstance: {
            /** @description It asked by itself. */
            asked: boolean;
            /** @description Its domain. */
            domain: string;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            since: number;
            /** @description Somebody of this instance wants to go there. */
            wanted: boolean;
        };
        /** @description An answer. */
        Work: {
            /** @description Up to 40 characters of ASCII. */
            answer: string;
            challenge: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
