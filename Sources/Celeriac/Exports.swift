// A program that uses the library names types of these modules (`QueueName`, `StoredException`, `TransportError`, keyword arguments in a dictionary
// literal): one `import Celeriac` is to be enough for that.
@_exported public import CeleriacBroker
@_exported public import CeleriacCore
@_exported public import OrderedCollections
