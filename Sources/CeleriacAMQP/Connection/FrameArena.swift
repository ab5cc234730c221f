import CRabbitMQ
import CeleriacCore
import OrderedCollections

/// Memory for what one call hands to librabbitmq, all given back at once.
final class FrameArena {
    private let pool = UnsafeMutablePointer<amqp_pool_t>.allocate(capacity: 1)
    /// Bytes asked for since the last `recycle`: about what they take on the wire.
    private(set) var size = 0

    init() { init_amqp_pool(pool, 16 << 10) }

    deinit {
        empty_amqp_pool(pool)
        pool.deallocate()
    }

    func recycle() {
        recycle_amqp_pool(pool)
        size = 0
    }

    func bytes(_ text: String) -> amqp_bytes_t {
        var text = text
        return text.withUTF8 { copy(UnsafeRawBufferPointer($0)) }
    }

    func bytes(_ bytes: [UInt8]) -> amqp_bytes_t { bytes.withUnsafeBytes(copy) }

    private func copy(_ source: UnsafeRawBufferPointer) -> amqp_bytes_t {
        size += source.count + 5
        guard let base = source.baseAddress, !source.isEmpty, let memory = amqp_pool_alloc(pool, source.count) else { return amqp_bytes_t() }
        memory.copyMemory(from: base, byteCount: source.count)
        return amqp_bytes_t(len: source.count, bytes: memory)
    }

    /// Kinds as py-amqp chooses them.
    func table(_ members: OrderedDictionary<String, Value>) -> amqp_table_t {
        guard !members.isEmpty, let memory = amqp_pool_alloc(pool, members.count * MemoryLayout<amqp_table_entry_t>.stride) else { return amqp_table_t() }
        let entries = memory.bindMemory(to: amqp_table_entry_t.self, capacity: members.count)
        size += 5
        for (index, (key, value)) in members.elements.enumerated() {
            var field = amqp_field_value_t()
            set(&field, value)
            entries[index] = amqp_table_entry_t(key: bytes(key), value: field)
        }
        return amqp_table_t(num_entries: Int32(members.count), entries: entries)
    }

    /// By name.
    func table(_ members: [String: Value]) -> amqp_table_t {
        table(OrderedDictionary(uniqueKeysWithValues: members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
    }

    private func array(_ items: [Value]) -> amqp_array_t {
        guard !items.isEmpty, let memory = amqp_pool_alloc(pool, items.count * MemoryLayout<amqp_field_value_t>.stride) else { return amqp_array_t() }
        let fields = memory.bindMemory(to: amqp_field_value_t.self, capacity: items.count)
        size += 5
        for (index, item) in items.enumerated() {
            fields[index] = amqp_field_value_t()
            set(&fields[index], item)
        }
        return amqp_array_t(num_entries: Int32(items.count), entries: fields)
    }

    private func set(_ field: inout amqp_field_value_t, _ value: Value) {
        size += 1
        switch value {
        case .null: cr_set_void(&field)
        case .bool(let flag):
            cr_set_bool(&field, flag)
            size += 1
        case .integer(let number):
            size += 8
            // -2³¹ too is a long one for py-amqp.
            if number.magnitude < 1 << 31 { cr_set_i32(&field, Int32(number)) } else { cr_set_i64(&field, Int64(number)) }
        case .bigInteger(let digits): cr_set_text(&field, bytes(digits))
        case .number(let number):
            cr_set_double(&field, number)
            size += 8
        case .string(let text): cr_set_text(&field, bytes(text))
        case .bytes(let raw): cr_set_bytes(&field, bytes(raw))
        case .array(let items): cr_set_array(&field, array(items))
        case .object(let members): cr_set_table(&field, table(members))
        }
    }
}

extension String {
    /// - Returns: `nil` when it is no UTF-8.
    init?(_ bytes: amqp_bytes_t) {
        guard let base = bytes.bytes, bytes.len > 0 else {
            self = ""
            return
        }
        self.init(validating: UnsafeRawBufferPointer(start: base, count: bytes.len), as: UTF8.self)
    }

    /// With marks where it is no UTF-8.
    init(repairing bytes: amqp_bytes_t) {
        self = bytes.bytes.map { String(decoding: UnsafeRawBufferPointer(start: $0, count: bytes.len), as: UTF8.self) } ?? ""
    }
}

extension [UInt8] {
    init(_ bytes: amqp_bytes_t) { self = bytes.bytes.map { Self(UnsafeRawBufferPointer(start: $0, count: bytes.len)) } ?? [] }
}

extension OrderedDictionary<String, Value> {
    /// The members of a table; of a doubled key the last one.
    init(_ table: amqp_table_t) {
        self.init(minimumCapacity: Int(table.num_entries))
        for index in 0..<Int(table.num_entries) {
            let entry = table.entries + index
            self[String(repairing: entry.pointee.key)] = Value(entry.pointer(to: \.value)!)
        }
    }
}

extension Value {
    /// - Parameter field: what librabbitmq read, which nests no deeper than one frame has bytes.
    init(_ field: UnsafePointer<amqp_field_value_t>) {
        switch cr_field_kind(field) {
        case CR_BOOL: self = .bool(field.pointee.value.boolean != 0)
        case CR_INTEGER: self = .integer(Int(cr_integer(field)))
        // py-amqp means signed ones by this letter, and all times fit.
        case CR_UNSIGNED: self = .integer(Int(bitPattern: UInt(cr_unsigned(field))))
        case CR_DOUBLE, CR_DECIMAL: self = .number(cr_double(field))
        case CR_TEXT:
            let bytes = cr_bytes(field)
            self = String(bytes).map(Value.string) ?? .bytes([UInt8](bytes))
        case CR_BYTES: self = .bytes([UInt8](cr_bytes(field)))
        case CR_ARRAY:
            let array = cr_array(field)
            self = .array((0..<Int(array.num_entries)).map { Value(array.entries + $0) })
        case CR_TABLE: self = .object(OrderedDictionary(cr_table(field)))
        default: self = .null
        }
    }
}
