using System.Reflection;

namespace MlOps.Crash.Tests;

/// <summary>
/// A decorator of any interface without by-reference-like parameters: a hook sees each call and decides whether it goes on. What the
/// hook does not name reaches the inner object as it is, so members that an interface gains later need no change here.
/// </summary>
internal class Interceptor<T> : DispatchProxy
    where T : class
{
    private T? _inner;
    private Func<string, object?[], Func<object?>, object?>? _hook;

    /// <param name="inner">The object behind.</param>
    /// <param name="hook">Receives the method's name, its arguments and the call itself.</param>
    public static T Around(T inner, Func<string, object?[], Func<object?>, object?> hook)
    {
        var proxy = Create<T, Interceptor<T>>();
        var interceptor = (Interceptor<T>)(object)proxy;
        interceptor._inner = inner;
        interceptor._hook = hook;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        _hook!(targetMethod!.Name, args ?? [], () => targetMethod.Invoke(_inner, BindingFlags.DoNotWrapExceptions, null, args, null));
}
