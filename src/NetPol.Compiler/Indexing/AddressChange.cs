using NetPol.Model;

namespace NetPol.Compiler.Indexing;

/// <summary>An address whose pods look different than they did.</summary>
/// <param name="Address">The address.</param>
/// <param name="Before">The kind that it had; <see cref="Endpoints.None"/> when no pod had it.</param>
/// <param name="After">The kind that it has; <see cref="Endpoints.None"/> when no pod has it.</param>
internal readonly record struct AddressChange(IpAddress Address, int Before, int After);
