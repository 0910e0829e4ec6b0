#pragma once

// Every header beside this one is part of the module.
