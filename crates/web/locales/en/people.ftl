# Words about people that several pages use.
people-agent-level = Agent, level { $level }
people-vendor-administrator = Vendor administrator
people-suspended = Suspended
