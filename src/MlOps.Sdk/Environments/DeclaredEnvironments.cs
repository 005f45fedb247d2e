namespace MlOps;

/// <summary>The environments declared by configuration or code, with what code adds to the configuration. Filled while services are registered.</summary>
internal sealed class DeclaredEnvironments
{
    private const string Fallback = "sandbox";
    private static readonly string[] FallbackOnly = [Fallback];
    private readonly List<string> _names = [];
    private readonly Dictionary<string, List<Action<EnvironmentOptions>>> _configure = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Action<string>> _registrations = [];

    /// <summary>The declared names; a host that declares none has one sandbox.</summary>
    public IReadOnlyList<string> Names => _names.Count == 0 ? FallbackOnly : _names;

    public bool Contains(string name) => Names.Contains(name.ToLowerInvariant());

    public void Declare(string name, Action<EnvironmentOptions>? configure)
    {
        var stored = EnvironmentNames.Normalise(name);
        if (configure is not null)
        {
            if (!_configure.TryGetValue(stored, out var list))
                _configure[stored] = list = [];
            list.Add(configure);
        }

        if (_names.Contains(stored))
            return;
        _names.Add(stored);
        if (stored == Fallback)
            return; // registered from the beginning, see ForEach
        foreach (var register in _registrations)
            register(stored);
    }

    public void ForEach(Action<string> register)
    {
        // Nobody can know while services are registered whether an environment will be declared later, so the fallback's
        // services are there from the beginning; resolving them when others are declared throws UnknownEnvironmentException.
        _registrations.Add(register);
        register(Fallback);
        foreach (var name in _names.Where(name => name != Fallback).ToArray())
            register(name);
    }

    /// <summary>Adds to bound options what code declared.</summary>
    public void Apply(MlOpsOptions options)
    {
        foreach (var name in Names)
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
        ?? Names.OrderBy(name => KindOf(options, name)).ThenBy(name => name, StringComparer.Ordinal).First();
}
