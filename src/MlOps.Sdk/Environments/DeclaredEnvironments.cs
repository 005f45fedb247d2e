namespace MlOps;

/// <summary>The environments declared by configuration or code, with what code adds to the configuration. Filled while services are registered.</summary>
internal sealed class DeclaredEnvironments
{
    private readonly List<string> _names = [];
    private readonly Dictionary<string, List<Action<EnvironmentOptions>>> _configure = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Action<string>> _registrations = [];

    public IReadOnlyList<string> Names => _names;

    public bool Contains(string name) => _names.Contains(name.ToLowerInvariant());

    public void Declare(string name, Action<EnvironmentOptions>? configure)
    {
        var stored = EnvironmentName.Normalise(name);
        if (configure is not null)
        {
            if (!_configure.TryGetValue(stored, out var list))
                _configure[stored] = list = [];
            list.Add(configure);
        }

        if (_names.Contains(stored))
            return;
        _names.Add(stored);
        foreach (var register in _registrations)
            register(stored);
    }

    public void ForEach(Action<string> register)
    {
        _registrations.Add(register);
        foreach (var name in _names.ToArray())
            register(name);
    }

    /// <summary>Adds to bound options what code declared.</summary>
    public void Apply(MlOpsOptions options)
    {
        foreach (var name in _names)
        {
            if (!options.Environments.TryGetValue(name, out var environment))
                options.Environments[name] = environment = new EnvironmentOptions();
            foreach (var configure in _configure.GetValueOrDefault(name) ?? [])
                configure(environment);
        }
    }

    public EnvironmentOptions Resolve(MlOpsOptions options, string name) =>
        options.Environments.TryGetValue(name, out var environment) ? environment : new EnvironmentOptions();

    public EnvironmentKind KindOf(MlOpsOptions options, string name) =>
        Resolve(options, name).Kind ?? name switch
        {
            "production" => EnvironmentKind.Production,
            "staging" => EnvironmentKind.Staging,
            _ => EnvironmentKind.Sandbox,
        };

    public string DirectoryOf(MlOpsOptions options, string name)
    {
        var own = Resolve(options, name).Store.Path;
        return Path.GetFullPath(string.IsNullOrWhiteSpace(own) ? Path.Combine(options.Path, name) : own);
    }

    public string DefaultOf(MlOpsOptions options) =>
        options.DefaultEnvironment?.ToLowerInvariant()
        ?? _names.OrderBy(name => KindOf(options, name)).ThenBy(name => name, StringComparer.Ordinal).First();
}
