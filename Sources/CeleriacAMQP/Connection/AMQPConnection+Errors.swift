import CRabbitMQ
import CeleriacBroker
import CeleriacCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension AMQPConnection {
    /// What the broker's words mean: reply codes of AMQP 0-9-1, and what RabbitMQ says with them.
    func serverError(_ code: Int, _ text: String, _ operation: String) -> TransportError {
        let cause = ForeignText.safe(text)
        switch code {
        case 403 where text.contains("Login was refused"):
            return error(.unauthorized, operation, "the server refused user and password", hint: "its log says why; guest may only come from the same machine")
        case 403:
            return error(.unauthorized, operation, cause, hint: "rabbitmqctl set_permissions -p VHOST \(ForeignText.safe(address.user)) … gives rights")
        case 404 where text.contains("no exchange"): return error(.refused, operation, cause, hint: "declare a queue that is bound to it")
        case 404: return error(.refused, operation, cause)
        case 405: return error(.refused, operation, cause, hint: "another connection has it for itself")
        case 406 where text.contains("inequivalent arg"):
            return error(.refused, operation, cause, hint: "it exists with other properties: declare it alike, or delete it first")
        // The broker, or its administrator, ends the connection: it may be back soon.
        case 320, 501, 541, 506: return error(.unreachable, operation, cause)
        case 530 where text.contains("vhost") && text.contains("not found"):
            return error(.unauthorized, operation, "there is no virtual host \"\(ForeignText.safe(address.virtualHost))\"", hint: "it is the path of the URL; / is %2F or nothing")
        case 530 where text.contains("access to vhost"):
            return error(
                .unauthorized, operation, "\(ForeignText.safe(address.user)) may not use the virtual host \"\(ForeignText.safe(address.virtualHost))\"",
                hint: "rabbitmqctl set_permissions -p VHOST \(ForeignText.safe(address.user)) … gives rights")
        default: return error(.refused, operation, cause)
        }
    }

    /// What the library's status means when a connection that stood is in trouble.
    func statusError(_ status: Int32, _ operation: String) -> TransportError {
        switch status {
        case AMQP_STATUS_HEARTBEAT_TIMEOUT.rawValue: error(.unreachable, operation, "nothing was heard from the server for \(2 * heartbeat) s")
        case AMQP_STATUS_TIMEOUT.rawValue: error(.timedOut, operation, "the server did not answer in time")
        case AMQP_STATUS_CONNECTION_CLOSED.rawValue where operation == "log in", AMQP_STATUS_SOCKET_CLOSED.rawValue where operation == "log in":
            error(
                .unauthorized, operation, "the server closed the connection during the handshake",
                hint: address.tls == nil ? "user and password may be wrong, or this is no AMQP port" : "it may want a certificate of ours: ssl_certfile, ssl_keyfile")
        case AMQP_STATUS_CONNECTION_CLOSED.rawValue, AMQP_STATUS_SOCKET_CLOSED.rawValue: error(.unreachable, operation, "the server closed the connection")
        case AMQP_STATUS_SOCKET_ERROR.rawValue, AMQP_STATUS_TCP_ERROR.rawValue: error(.unreachable, operation, "the connection was lost")
        case AMQP_STATUS_BROKER_UNSUPPORTED_SASL_METHOD.rawValue:
            error(.unauthorized, operation, "the server does not let anyone log in this way", hint: "login_method=PLAIN or EXTERNAL in the URL")
        case AMQP_STATUS_BAD_AMQP_DATA.rawValue, AMQP_STATUS_UNKNOWN_METHOD.rawValue, AMQP_STATUS_UNKNOWN_CLASS.rawValue,
            AMQP_STATUS_INCOMPATIBLE_AMQP_VERSION.rawValue, AMQP_STATUS_UNEXPECTED_STATE.rawValue, AMQP_STATUS_WRONG_METHOD.rawValue:
            error(.garbled, operation, "the server does not speak AMQP 0-9-1 (\(String(cString: amqp_error_string2(status))))")
        default: error(.unreachable, operation, String(cString: amqp_error_string2(status)))
        }
    }

    /// What the library's status means when no connection could be made.
    func openingError(_ status: Int32, _ code: Int32) -> TransportError {
        let operation = "connect"
        switch status {
        case AMQP_STATUS_HOSTNAME_RESOLUTION_FAILED.rawValue:
            return error(.unreachable, operation, "the host name \(ForeignText.safe(address.host)) is not known")
        case AMQP_STATUS_TIMEOUT.rawValue: return error(.unreachable, operation, "no answer within \(address.connectTimeout) s")
        case AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED.rawValue:
            return error(
                .unauthorized, operation, "the server's certificate is for another host name",
                hint: "use the name it was made for, or ssl_check_hostname=false in the URL")
        case AMQP_STATUS_SSL_PEER_VERIFY_FAILED.rawValue:
            return error(
                .unauthorized, operation, "the server's certificate is not signed by a known authority",
                hint: "name its authority by ssl_ca_certs=FILE in the URL, or trust anyone by ssl_cert_reqs=none")
        case AMQP_STATUS_SSL_CONNECTION_FAILED.rawValue, AMQP_STATUS_SSL_ERROR.rawValue:
            return error(
                .unauthorized, operation, "TLS could not be agreed upon: the server's certificate is not signed by a known authority, or this port has no TLS",
                hint: "name the authority by ssl_ca_certs=FILE in the URL, or use amqp:// for a port without TLS")
        default:
            // What the library was waiting for is all that it leaves behind.
            if code == EINPROGRESS { return error(.unreachable, operation, "nobody listens there") }
            let reason = code == 0 ? String(cString: amqp_error_string2(status)) : String(cString: strerror(code))
            return error(.unreachable, operation, reason == "Success" ? "nobody listens there" : reason)
        }
    }
}
