using System.Collections;
using System.Collections.Frozen;
using Microsoft.Extensions.Options;

namespace MlOps;

internal sealed class MlOpsEnvironments : IMlOpsEnvironments
{
    private readonly IMlOpsEnvironment[] _environments;
    private readonly FrozenDictionary<string, IMlOpsEnvironment> _byName;

    public MlOpsEnvironments(IServiceProvider services, DeclaredEnvironments declared, IOptions<MlOpsOptions> configured)
    {
        var options = Valid(configured);
        _environments = [.. declared.Names
            .Select(name => new MlOpsEnvironment(services, name, declared.KindOf(options, name)))
            .OrderBy(environment => environment.Kind).ThenBy(environment => environment.Name, StringComparer.Ordinal)];
        _byName = _environments.ToFrozenDictionary(environment => environment.Name, StringComparer.OrdinalIgnoreCase);
        Default = _byName[declared.DefaultOf(options)];
    }

    public IMlOpsEnvironment Default { get; }

    public int Count => _environments.Length;

    public IMlOpsEnvironment this[string name]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(name);
            return _byName.TryGetValue(name, out var environment)
                ? environment
                : throw new UnknownEnvironmentException(
                    $"Environment '{name}' is not declared. Declared: {string.Join(", ", _environments.Select(e => $"'{e.Name}'"))}. Declare it in MlOps:Environments or with AddEnvironment(\"{name}\").");
        }
    }

    public IEnumerator<IMlOpsEnvironment> GetEnumerator() => ((IEnumerable<IMlOpsEnvironment>)_environments).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _environments.GetEnumerator();

    // Every service of an environment comes through here, so a wrong configuration is one exception, whoever asks first.
    private static MlOpsOptions Valid(IOptions<MlOpsOptions> configured)
    {
        try
        {
            return configured.Value;
        }
        catch (OptionsValidationException error)
        {
            throw new MlOpsConfigurationException([.. error.Failures]);
        }
        catch (InvalidOperationException error)
        {
            // The binder names the key, the value and the type that it wants.
            throw new MlOpsConfigurationException([error.Message]);
        }
    }
}
