import Celeriac
