#include "CRabbitMQ.h"

#include <math.h>
#include <sys/eventfd.h>
#include <sys/time.h>

/* What kombu and RabbitMQ agree on. */
enum { CHANNELS = 2047, FRAME_SIZE = 131072 };

amqp_rpc_reply_t cr_login(amqp_connection_state_t state, const char *vhost, int heartbeat, const amqp_table_t *properties, bool external,
                          const char *user, const char *password) {
    if (external) return amqp_login_with_properties(state, vhost, CHANNELS, FRAME_SIZE, heartbeat, properties, AMQP_SASL_METHOD_EXTERNAL, user);
    return amqp_login_with_properties(state, vhost, CHANNELS, FRAME_SIZE, heartbeat, properties, AMQP_SASL_METHOD_PLAIN, user, password);
}

int cr_next_frame(amqp_connection_state_t state, amqp_frame_t *frame) {
    struct timeval none = {0, 0};
    return amqp_simple_wait_frame_noblock(state, frame, &none);
}

int cr_bell(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
void cr_ring(int bell) { eventfd_write(bell, 1); }
void cr_silence(int bell) {
    eventfd_t rings;
    eventfd_read(bell, &rings);
}

cr_kind cr_field_kind(const amqp_field_value_t *field) {
    switch (field->kind) {
        case AMQP_FIELD_KIND_BOOLEAN: return CR_BOOL;
        case AMQP_FIELD_KIND_I8: case AMQP_FIELD_KIND_U8: case AMQP_FIELD_KIND_I16: case AMQP_FIELD_KIND_U16: case AMQP_FIELD_KIND_I32:
        case AMQP_FIELD_KIND_U32: case AMQP_FIELD_KIND_I64: return CR_INTEGER;
        case AMQP_FIELD_KIND_U64: case AMQP_FIELD_KIND_TIMESTAMP: return CR_UNSIGNED;
        case AMQP_FIELD_KIND_F32: case AMQP_FIELD_KIND_F64: return CR_DOUBLE;
        case AMQP_FIELD_KIND_DECIMAL: return CR_DECIMAL;
        case AMQP_FIELD_KIND_UTF8: return CR_TEXT;
        case AMQP_FIELD_KIND_BYTES: return CR_BYTES;
        case AMQP_FIELD_KIND_ARRAY: return CR_ARRAY;
        case AMQP_FIELD_KIND_TABLE: return CR_TABLE;
        default: return CR_NULL;
    }
}

int64_t cr_integer(const amqp_field_value_t *field) {
    switch (field->kind) {
        case AMQP_FIELD_KIND_I8: return field->value.i8;
        case AMQP_FIELD_KIND_U8: return field->value.u8;
        case AMQP_FIELD_KIND_I16: return field->value.i16;
        case AMQP_FIELD_KIND_U16: return field->value.u16;
        case AMQP_FIELD_KIND_I32: return field->value.i32;
        case AMQP_FIELD_KIND_U32: return field->value.u32;
        case AMQP_FIELD_KIND_I64: return field->value.i64;
        default: return 0;
    }
}

double cr_double(const amqp_field_value_t *field) {
    switch (field->kind) {
        case AMQP_FIELD_KIND_F32: return field->value.f32;
        case AMQP_FIELD_KIND_F64: return field->value.f64;
        case AMQP_FIELD_KIND_DECIMAL: return field->value.decimal.value / pow(10, field->value.decimal.decimals);
        default: return 0;
    }
}
