namespace MlOps.Serving;

/// <summary>Functions of the model: ONNX Runtime puts their bodies in place of each call, so that calls of calls multiply.</summary>
internal sealed partial class OnnxWalk
{
    private void Function(ProtoReader message)
    {
        Entry();
        Outline = null;
        _path.Add(("function", message));
        _body = new FunctionBody();
        var (name, domain) = ("", "");
        var scope = new Scope(null, null);
        var reader = message;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    reader.Once("name");
                    name = reader.Text(LongestName);
                    break;
                case 4 or 5 or 6:
                    Entry();
                    CheckName(reader.Bytes());
                    break;
                case 7:
                    Node(reader.Bytes(), 1, scope);
                    break;
                case 9:
                    Entry();
                    OperatorSet(reader.Bytes());
                    break;
                case 10:
                    reader.Once("domain");
                    domain = reader.Text(LongestName);
                    break;
                case 11:
                    Entry();
                    Attribute(reader.Bytes(), 1, "", scope, null, default);
                    break;
                case 12:
                    ValueInfo(reader.Bytes(), null, false);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        // Overloads of one name count as the largest of them.
        var key = FunctionBody.Key(domain, name);
        if (!_functions.TryGetValue(key, out var known))
            _functions.Add(key, _body);
        else
            known.Join(_body);
        _path.RemoveAt(_path.Count - 1);
    }

    private void CheckFunctions(FunctionBody main)
    {
        if (_functions.Count == 0)
            return;
        var size = main.Size(_functions, 0, options.MaximumDepth, key => throw Refused($"function {key}", $"functions call each other more than {options.MaximumDepth} deep, or in a circle", nameof(ModelAdmissionOptions.MaximumDepth)));
        if (size > options.MaximumNodes)
            throw Refused("", $"with its functions put in place it has {size:R} nodes; at most {options.MaximumNodes} are let pass", nameof(ModelAdmissionOptions.MaximumNodes));
    }

    /// <summary>How often a body calls what.</summary>
    private sealed class FunctionBody
    {
        private readonly Dictionary<string, double> _calls = new(StringComparer.Ordinal);
        private double _size = -1;

        public static string Key(string domain, string name) => $"{(domain == "ai.onnx" ? "" : domain)}:{name}";

        public void Call(string domain, string operation)
        {
            var key = Key(domain, operation);
            _calls[key] = _calls.GetValueOrDefault(key) + 1;
        }

        public void Join(FunctionBody other)
        {
            foreach (var (key, count) in other._calls)
                _calls[key] = Math.Max(_calls.GetValueOrDefault(key), count);
        }

        public double Size(Dictionary<string, FunctionBody> functions, int depth, int deepest, Func<string, Exception> tooDeep)
        {
            if (_size >= 0)
                return _size;
            var size = 0.0;
            foreach (var (key, count) in _calls)
            {
                if (!functions.TryGetValue(key, out var body))
                {
                    size += count;
                    continue;
                }

                if (depth >= deepest)
                    throw tooDeep(key);
                size += count * body.Size(functions, depth + 1, deepest, tooDeep);
            }

            return _size = size;
        }
    }
}
