import CeleriacCore
import Foundation
import OrderedCollections

/// Real Celery on the other side of canvas tests: reads one case a line, answers with what it sent and stored, one line each.
enum CeleryCanvas {
    static let python = PythonCelery()
    static let hint = "needs Python with celery: python3 -m venv V && V/bin/pip install celery, then CELERIAC_PYTHON=V/bin/python3"

    /// What Celery does in each case: `{"steps": […], "result": …}` or `{"error": text}`.
    static func answers(to cases: [Value]) throws -> [Value] {
        let input = cases.map { String(decoding: JSON.encode($0), as: UTF8.self) }.joined(separator: "\n")
        return try python.run(script, input: input).split(separator: "\n").map { try JSON.decode(String($0)) }
    }

    /// The backend counts chords, as the one of Redis does, and writes down what it is told; messages go no further than to the sender's last function.
    private static let script = #"""
        import json, sys, warnings
        warnings.simplefilter('ignore')
        import logging; logging.disable(logging.CRITICAL)
        from celery import Celery, signature, chain as make_chain
        from celery.app.trace import build_tracer
        from celery.backends.base import BaseBackend
        from celery.canvas import _chord, maybe_signature
        from celery.exceptions import ChordError
        from celery.result import GroupResult
        from celery.utils.functional import _regen
        from kombu.utils.json import dumps

        steps = []

        class Backend(BaseBackend):
            states = {}
            def on_task_call(self, producer, task_id): pass
            def add_pending_result(self, *args, **kwargs): pass
            def set_chord_size(self, group, size): steps.append(['chord', group, size])
            def get_state(self, id): return 'PENDING'
            def store_result(self, id, result, state, traceback=None, request=None, **kwargs): steps.append(['store', id, state])
            def _store_result(self, *args, **kwargs): pass
            def on_chord_part_return(self, request, state, result, **kwargs):
                if request.group and request.id and request.chord: steps.append(['part', request.group, request.id, request.group_index, state])
            def apply_chord(self, header, body, **kwargs):
                if not isinstance(header[1], _regen):
                    result = app.GroupResult(*header)
                    if any(isinstance(r, GroupResult) for r in result.results):
                        steps.append(['group', header[0], result.as_tuple()])

        class App(Celery):
            def _get_backend(self): return Backend(app=self)

        app = App('case', broker='memory://')
        app.control.revoke = lambda ids, **kw: steps.append(['revoke', ids])

        def send(producer, name, message, **options):
            queue = options.get('queue')
            place = {'queue': getattr(queue, 'name', queue), 'priority': options.get('priority')}
            # As it is now: what is sent later may change parts of it.
            steps.append(json.loads(dumps(['send', message.headers, message.properties, message.body, place])))
        app.amqp.__dict__['send_task_message'] = send

        class Failure(Exception): pass
        plan = {}

        @app.task(bind=True, name='case.run')
        def run(self, *args, **kwargs):
            if plan['do'] == 'succeed': return plan['value']
            if plan['do'] == 'fail': raise Failure('no')
            if plan['do'] == 'replace': raise self.replace(signature(plan['signature'], app=app))
            if plan['do'] == 'add': self.add_to_chord(signature(plan['signature'], app=app)); return 1
        Backend.add_to_chord = lambda self, group, result: steps.append(['extend', group])

        # Without a visitor Celery leaves out the bodies of chords.
        stamp_header = _chord.stamp
        def stamp_all(self, visitor=None, append_stamps=False, **headers):
            stamp_header(self, visitor, append_stamps, **headers)
            self.body.stamp(**self._stamp_headers(**headers))
        _chord.stamp = stamp_all

        # Callbacks read from JSON are plain maps, of which stamping would stamp a copy.
        def live(sig):
            for key in ('link', 'link_error'):
                if sig.options.get(key): sig.options[key] = [live(signature(s, app=app)) for s in sig.options[key]]
            if sig.subtask_type in ('chain', 'group'):
                for task in sig.tasks: live(task)
            if sig.subtask_type == 'chord':
                for task in sig.tasks: live(task)
                live(sig.body)
            return sig

        def traced():
            request = dict(plan['request'], delivery_info={'exchange': '', 'routing_key': 'celery', 'priority': 0}, hostname='w', is_eager=False)
            build_tracer('case.run', run, app=app, eager=False)(request['id'], [], {}, request)

        for line in sys.stdin:
            plan = json.loads(line)
            steps.clear()
            app.conf.task_allow_error_cb_on_chord_header = bool(plan.get('on_headers'))
            answer = {}
            try:
                result = None
                if plan['do'] == 'apply':
                    result = signature(plan['signature'], app=app).apply_async(plan.get('args'), plan.get('kwargs'), **plan.get('options', {}))
                elif plan['do'] == 'stamp':
                    sig = live(signature(plan['signature'], app=app))
                    sig.stamp(**plan['stamps'])
                    answer['signature'] = sig
                elif plan['do'] == 'compose':
                    answer['signature'] = make_chain([signature(s, app=app) for s in plan['signatures']])
                elif plan['do'] == 'chord failed':
                    try: raise ChordError('Dependency x raised y')
                    except ChordError as error: app.backend.chord_error_from_stack(maybe_signature(plan['signature'], app=app), error)
                else:
                    traced()
                if plan['do'] != 'fail' and any(step[0] == 'store' and step[1] == plan.get('request', {}).get('id') and step[2] == 'FAILURE' for step in steps):
                    raise Failure('the task failed instead')
                if result is not None: answer['result'] = result.as_tuple()
                answer['steps'] = steps
                print(dumps(answer))
            except Exception as error:
                print(dumps({'error': repr(error)}))
        """#
}

/// A value in which every UUID has a number in its place, by first appearance, members in the order of their names: what is the same but for its ids is equal.
struct Renaming {
    private var names: [String: String] = [:]

    mutating func renamed(_ value: Value) -> Value {
        switch value {
        case .string(let text):
            guard text.utf8.count == 36, text.utf8.filter({ $0 == UInt8(ascii: "-") }).count == 4 else { return value }
            let name = names[text] ?? "#\(names.count)"
            names[text] = name
            return .string(name)
        case .array(let elements):
            var copy: [Value] = []
            for element in elements { copy.append(renamed(element)) }
            return .array(copy)
        case .object(let members):
            var copy: OrderedDictionary<String, Value> = [:]
            for key in members.keys.sorted() { copy[key] = members[key].map { renamed($0) } }
            return .object(copy)
        default: return value
        }
    }
}
