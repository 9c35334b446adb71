using NetPol.Agent;

return await AgentCommand.Create(AgentHost.RunAsync).Parse(args).InvokeAsync();
