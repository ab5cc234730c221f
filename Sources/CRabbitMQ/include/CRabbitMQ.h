/* librabbitmq, and the few things that Swift cannot ask of it itself: variadic functions, unions. */
#ifndef CRABBITMQ_H
#define CRABBITMQ_H

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <stdbool.h>

/* amqp_login_with_properties by user and password (PLAIN); with `external`, by the certificate that was shown. */
amqp_rpc_reply_t cr_login(amqp_connection_state_t state, const char *vhost, int heartbeat, const amqp_table_t *properties, bool external,
                          const char *user, const char *password);

/* The next frame that has come whole, without waiting for one: AMQP_STATUS_OK, AMQP_STATUS_TIMEOUT when there is none, or why there will be none.
   Sends a heartbeat when one is due. */
int cr_next_frame(amqp_connection_state_t state, amqp_frame_t *frame);

/* A descriptor that is readable from the first ring to the next silence (eventfd); -1: errno. */
int cr_bell(void);
void cr_ring(int bell);
void cr_silence(int bell);

/* Of a frame, by its type. */
static inline amqp_method_number_t cr_method(const amqp_frame_t *frame) { return frame->payload.method.id; }
static inline const void *cr_arguments(const amqp_frame_t *frame) { return frame->payload.method.decoded; }
static inline const amqp_basic_properties_t *cr_properties(const amqp_frame_t *frame) {
    return (const amqp_basic_properties_t *)frame->payload.properties.decoded;
}
static inline uint64_t cr_body_size(const amqp_frame_t *frame) { return frame->payload.properties.body_size; }
static inline amqp_bytes_t cr_fragment(const amqp_frame_t *frame) { return frame->payload.body_fragment; }

/* One field of a table. */
static inline void cr_set_bool(amqp_field_value_t *field, bool value) { field->kind = AMQP_FIELD_KIND_BOOLEAN; field->value.boolean = value; }
static inline void cr_set_i32(amqp_field_value_t *field, int32_t value) { field->kind = AMQP_FIELD_KIND_I32; field->value.i32 = value; }
static inline void cr_set_i64(amqp_field_value_t *field, int64_t value) { field->kind = AMQP_FIELD_KIND_I64; field->value.i64 = value; }
static inline void cr_set_double(amqp_field_value_t *field, double value) { field->kind = AMQP_FIELD_KIND_F64; field->value.f64 = value; }
static inline void cr_set_text(amqp_field_value_t *field, amqp_bytes_t value) { field->kind = AMQP_FIELD_KIND_UTF8; field->value.bytes = value; }
static inline void cr_set_bytes(amqp_field_value_t *field, amqp_bytes_t value) { field->kind = AMQP_FIELD_KIND_BYTES; field->value.bytes = value; }
static inline void cr_set_array(amqp_field_value_t *field, amqp_array_t value) { field->kind = AMQP_FIELD_KIND_ARRAY; field->value.array = value; }
static inline void cr_set_table(amqp_field_value_t *field, amqp_table_t value) { field->kind = AMQP_FIELD_KIND_TABLE; field->value.table = value; }
static inline void cr_set_void(amqp_field_value_t *field) { field->kind = AMQP_FIELD_KIND_VOID; }

typedef enum { CR_NULL, CR_BOOL, CR_INTEGER, CR_UNSIGNED, CR_DOUBLE, CR_TEXT, CR_BYTES, CR_ARRAY, CR_TABLE, CR_DECIMAL } cr_kind;
/* What a field holds, in fewer kinds. */
cr_kind cr_field_kind(const amqp_field_value_t *field);
int64_t cr_integer(const amqp_field_value_t *field);
double cr_double(const amqp_field_value_t *field);
static inline uint64_t cr_unsigned(const amqp_field_value_t *field) { return field->value.u64; }
static inline amqp_bytes_t cr_bytes(const amqp_field_value_t *field) { return field->value.bytes; }
static inline amqp_array_t cr_array(const amqp_field_value_t *field) { return field->value.array; }
static inline amqp_table_t cr_table(const amqp_field_value_t *field) { return field->value.table; }

#endif
